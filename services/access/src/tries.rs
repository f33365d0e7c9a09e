//! How often one address may try to show who is calling.

use std::{net::IpAddr, num::NonZeroU32};

use governor::{Quota, RateLimiter, clock::DefaultClock, state::keyed::HashMapStateStore};

/// Tries to sign in that one address may make at once, and then in each minute. An office may sit behind one address;
/// guessing at one account of a web page is held up besides.
const TRIES_A_MINUTE: u32 = 60;
/// The most addresses that are remembered.
const ADDRESSES: usize = 10_000;

/// How often one address may try.
#[derive(Debug)]
pub struct Tries(RateLimiter<IpAddr, HashMapStateStore<IpAddr>, DefaultClock>);

impl Default for Tries {
    fn default() -> Self {
        Self(RateLimiter::hashmap(Quota::per_minute(
            NonZeroU32::new(TRIES_A_MINUTE).unwrap_or(NonZeroU32::MIN),
        )))
    }
}

impl Tries {
    /// Whether this address may try once more now.
    #[must_use]
    pub fn may(&self, address: IpAddr) -> bool {
        if self.0.len() >= ADDRESSES {
            // Those with nothing to remember go; should there still be too many, nobody is let through for a while.
            self.0.retain_recent();
            if self.0.len() >= ADDRESSES {
                return false;
            }
        }
        self.0.check_key(&grouped(address)).is_ok()
    }
}

/// One customer has a whole /64 of IPv6.
fn grouped(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => v6
            .to_ipv4_mapped()
            .map_or_else(|| IpAddr::from((v6.to_bits() >> 64 << 64).to_be_bytes()), IpAddr::V4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_tries_and_its_network_shares_them() {
        let tries = Tries::default();
        let one: IpAddr = "2001:db8::1".parse().unwrap();
        let neighbour: IpAddr = "2001:db8::2".parse().unwrap();
        assert!((0..TRIES_A_MINUTE).all(|_| tries.may(one)));
        assert!(!tries.may(neighbour));
        assert!(tries.may("10.0.0.1".parse().unwrap()));
    }
}
