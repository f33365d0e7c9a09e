//! What makes a webhook endpoint acceptable.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Why a URL is refused as an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointRefused {
    /// Not a URL with a host.
    #[error("url must be a whole URL with a host")]
    Url,
    /// Pushes carry personal data.
    #[error("url must be https (http only together with allow_private)")]
    Plain,
    /// A mistaken or planted URL must not reach the inside of the network.
    #[error("url names a private address; set allow_private where that is meant")]
    Private,
    /// They would end in logs.
    #[error("url must not hold a user name or password")]
    Credentials,
}

/// Checks an endpoint's URL. Names are checked again when they are resolved.
///
/// # Errors
/// [`EndpointRefused`] says why it cannot be an endpoint.
pub fn check_url(text: &str, allow_private: bool) -> Result<Url, EndpointRefused> {
    let url = Url::parse(text).map_err(|_| EndpointRefused::Url)?;
    match url.scheme() {
        "https" => {}
        "http" if allow_private => {}
        _ => return Err(EndpointRefused::Plain),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(EndpointRefused::Credentials);
    }
    let private = match url.host() {
        None => return Err(EndpointRefused::Url),
        Some(Host::Ipv4(ip)) => is_private(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => is_private(IpAddr::V6(ip)),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
    };
    if private && !allow_private { Err(EndpointRefused::Private) } else { Ok(url) }
}

/// Whether an address is not of the public internet.
#[must_use]
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => ip.to_ipv4_mapped().map_or_else(|| is_private_v6(ip), is_private_v4),
    }
}

const fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, ..] = ip.octets();
    ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_unspecified()
        || ip.is_multicast()
        || a == 0
        || (a == 100 && b & 0xc0 == 64)
}

const fn is_private_v6(ip: Ipv6Addr) -> bool {
    ip.is_loopback()
        || ip.is_unspecified()
        || ip.is_multicast()
        || ip.is_unique_local()
        || ip.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inside_of_the_network_is_refused_unless_meant() {
        for url in [
            "https://127.0.0.1/x",
            "https://10.0.0.1/",
            "https://169.254.169.254/latest",
            "https://[::1]/",
            "https://[::ffff:192.168.0.1]/",
            "https://100.64.0.1/",
            "https://localhost:8443/",
        ] {
            assert_eq!(check_url(url, false), Err(EndpointRefused::Private), "{url}");
            assert!(check_url(url, true).is_ok(), "{url}");
        }
        assert!(check_url("https://hooks.example.gov.cn/push", false).is_ok());
    }

    #[test]
    fn personal_data_never_travels_in_the_clear_over_the_internet() {
        assert_eq!(check_url("http://hooks.example.gov.cn/", false), Err(EndpointRefused::Plain));
        assert_eq!(check_url("ftp://hooks.example.gov.cn/", true), Err(EndpointRefused::Plain));
        assert_eq!(check_url("https://u:p@hooks.example.gov.cn/", false), Err(EndpointRefused::Credentials));
        assert_eq!(check_url("hooks", false), Err(EndpointRefused::Url));
    }
}
