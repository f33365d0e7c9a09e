//! From a name to the addresses that may be connected to. What is checked here is what is connected to: nobody
//! resolves the name a second time.

use std::{io, net::SocketAddr};

use async_trait::async_trait;

use crate::address::is_private;

/// At most so many of a name's addresses are tried.
const TRIED_AT_MOST: usize = 4;

/// Says where a name leads. The system's resolver, but for tests.
#[async_trait]
pub trait Names: Send + Sync {
    /// The addresses of a host, which may be an address itself.
    ///
    /// # Errors
    /// Where the name is not known.
    async fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The names that this machine knows.
#[derive(Debug, Clone, Copy)]
pub struct SystemNames;

#[async_trait]
impl Names for SystemNames {
    async fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, port)).await?.collect())
    }
}

/// Those that may be connected to, at most four. Empty where a name leads only inside and must not.
pub(crate) fn reachable(found: Vec<SocketAddr>, allow_private: bool) -> Vec<SocketAddr> {
    found
        .into_iter()
        .filter(|address| allow_private || !is_private(address.ip()))
        .take(TRIED_AT_MOST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_outside_or_nowhere() {
        let found: Vec<SocketAddr> =
            ["127.0.0.1:80", "[::ffff:10.0.0.1]:80", "203.0.114.9:80"].map(|a| a.parse().unwrap()).to_vec();
        assert_eq!(reachable(found.clone(), false), [found[2]]);
        assert_eq!(reachable(found.clone(), true), found);
        assert!(reachable(found[..2].to_vec(), false).is_empty());
    }
}
