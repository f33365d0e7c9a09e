//! Where a webhook may go.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::Path,
};

use url::{Host, Url};

use crate::signature::Secret;

/// A place that takes webhooks, and what signs them.
#[derive(Debug, Clone)]
pub struct Address {
    /// Where they are posted.
    pub url: Url,
    /// What signs them: each signs, so that the receiver may go from one to the next.
    pub secrets: Vec<Secret>,
    /// Whether it may lie inside our own network.
    pub allow_private: bool,
}

impl Address {
    /// Reads an address. The files of its secrets are relative to the `file` that names them in `field`.
    ///
    /// # Errors
    /// What is wrong with it, for people; never a secret.
    pub fn read(
        url: &str,
        allow_private: bool,
        field: &str,
        secret_files: &[&str],
        file: &Path,
    ) -> Result<Self, String> {
        let url = check_url(url, allow_private).map_err(|error| error.to_string())?;
        let secret = |named: &&str| {
            let path = file.parent().unwrap_or(Path::new("")).join(named);
            let wrong = |error: &dyn std::fmt::Display| format!("{field} {}: {error}", path.display());
            let text = std::fs::read_to_string(&path).map_err(|error| wrong(&error))?;
            Secret::read(&text).map_err(|error| wrong(&error))
        };
        let secrets = secret_files.iter().map(secret).collect::<Result<_, String>>()?;
        Ok(Self { url, secrets, allow_private })
    }
}

/// Why a URL is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefused {
    /// Not a URL with a host.
    #[error("url must be a whole URL with a host")]
    Url,
    /// What is posted may be personal.
    #[error("url must be https (http only together with allow_private)")]
    Plain,
    /// A mistaken or planted URL must not reach the inside of the network.
    #[error("url names a private address; set allow_private where that is meant")]
    Private,
    /// They would end in logs.
    #[error("url must not hold a user name or password")]
    Credentials,
}

/// Checks a URL. Names are checked again when they are resolved.
///
/// # Errors
/// [`AddressRefused`] says why nothing is posted there.
pub fn check_url(text: &str, allow_private: bool) -> Result<Url, AddressRefused> {
    let url = Url::parse(text).map_err(|_| AddressRefused::Url)?;
    match url.scheme() {
        "https" => {}
        "http" if allow_private => {}
        _ => return Err(AddressRefused::Plain),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressRefused::Credentials);
    }
    let private = match url.host() {
        None => return Err(AddressRefused::Url),
        Some(Host::Ipv4(ip)) => is_private(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => is_private(IpAddr::V6(ip)),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
    };
    if private && !allow_private { Err(AddressRefused::Private) } else { Ok(url) }
}

/// Whether an address is not of the public internet. An IPv6 address that stands for an IPv4 one (mapped, compatible,
/// translated, tunnelled) is what that one is.
#[must_use]
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => is_private_v6(ip) || stands_for(ip).is_some_and(is_private_v4),
    }
}

/// The IPv4 address inside an IPv6 one.
fn stands_for(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b, c, d, e, f) {
        // ::ffff:0:0/96 mapped, ::/96 compatible, 64:ff9b::/96 translated.
        (0, 0, 0, 0, 0, 0 | 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => of(g, h),
        // 2002::/16, tunnelled.
        (0x2002, ..) => of(b, c),
        _ => None,
    }
}

const fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_unspecified()
        || ip.is_multicast()
        || ip.is_documentation()
        // This network; shared by carriers; protocols; measuring; kept for later, broadcast included.
        || a == 0
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xfe == 18)
        || a >= 240
}

const fn is_private_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    ip.is_loopback()
        || ip.is_unspecified()
        || ip.is_multicast()
        || ip.is_unique_local()
        || ip.is_unicast_link_local()
        // The old site-local addresses, documentation, and translation inside a network (64:ff9b:1::/48).
        || a & 0xffc0 == 0xfec0
        || (a == 0x2001 && b == 0xdb8)
        || (a == 0x64 && b == 0xff9b && ip.segments()[2] == 1)
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
            "https://[::127.0.0.1]/",
            "https://[64:ff9b::a9fe:a9fe]/",
            "https://[2002:7f00:1::]/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://240.0.0.1/",
            "https://100.64.0.1/",
            "https://localhost:8443/",
        ] {
            assert_eq!(check_url(url, false), Err(AddressRefused::Private), "{url}");
            assert!(check_url(url, true).is_ok(), "{url}");
        }
        assert!(check_url("https://hooks.example.gov.cn/push", false).is_ok());
    }

    #[test]
    fn each_secret_is_read_beside_the_file_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("now"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        let read = |files: &[&str]| {
            let url = "https://hooks.example.gov.cn/";
            Address::read(url, false, "secret_files", files, &folder.path().join("sources.toml"))
        };
        assert_eq!(read(&["now", "now"]).unwrap().secrets.len(), 2);
        assert!(read(&["now", "next"]).unwrap_err().starts_with("secret_files"));
    }

    #[test]
    fn personal_data_never_travels_in_the_clear_over_the_internet() {
        assert_eq!(check_url("http://hooks.example.gov.cn/", false), Err(AddressRefused::Plain));
        assert_eq!(check_url("ftp://hooks.example.gov.cn/", true), Err(AddressRefused::Plain));
        assert_eq!(check_url("https://u:p@hooks.example.gov.cn/", false), Err(AddressRefused::Credentials));
        assert_eq!(check_url("hooks", false), Err(AddressRefused::Url));
    }
}
