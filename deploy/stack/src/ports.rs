//! Free ports on the loopback address.

use std::{
    collections::HashSet,
    net::{Ipv4Addr, TcpListener},
    sync::{LazyLock, Mutex, PoisonError},
};

use crate::StackError;

/// The lowest port that is handed out.
const FIRST: u16 = 15_000;

/// Ports that this process handed out already: what was given to a server that has not bound it yet
/// must not be given to another.
static GIVEN: LazyLock<Mutex<HashSet<u16>>> = LazyLock::new(Mutex::default);

/// A loopback port that nobody listens on.
///
/// It lies below the range from which the system takes the ports of outgoing connections: a server
/// that is killed and started again finds its port free, and a client that keeps trying to reach it
/// meanwhile cannot by chance connect to itself.
///
/// # Errors
/// [`StackError::Invalid`] where no port is free.
pub fn free_port() -> Result<u16, StackError> {
    let end = first_outgoing_port().max(FIRST + 1_000);
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    for _ in 0..2_000 {
        let port = rand::random_range(FIRST..end);
        if !given.contains(&port) && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            given.insert(port);
            return Ok(port);
        }
    }
    Err(StackError::Invalid("no free port on 127.0.0.1".into()))
}

fn first_outgoing_port() -> u16 {
    std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range")
        .ok()
        .and_then(|range| range.split_whitespace().next()?.parse().ok())
        .unwrap_or(32_768)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_gives_a_port_twice() {
        let ports: HashSet<u16> = (0..50).map(|_| free_port().unwrap()).collect();
        assert_eq!(ports.len(), 50);
    }
}
