//! The URL of the site at an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The root URL of the site at an address that a server listens on. No client connects to `0.0.0.0` and `::` everywhere,
/// so the loopback address takes their place.
pub(crate) fn root_url(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    format!("http://{address}/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_is_one_that_clients_can_connect_to() {
        for (address, url) in [
            ("127.0.0.2:8000", "http://127.0.0.2:8000/"),
            ("0.0.0.0:8000", "http://127.0.0.1:8000/"),
            ("[::]:8000", "http://[::1]:8000/"),
            ("[::1]:8000", "http://[::1]:8000/"),
        ] {
            assert_eq!(root_url(address.parse().unwrap()), url);
        }
    }
}
