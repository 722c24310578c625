//! The URL of a site with the addresses of its host.

use super::target::Target;
use super::target_error::TargetError;
use std::net::{SocketAddr, ToSocketAddrs};

/// A target whose host has been looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    target: Target,
    /// Tried in this order; never empty.
    addresses: Box<[SocketAddr]>,
}

impl Endpoint {
    /// The target that was looked up.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The addresses of its host, in the order in which they are tried.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

impl Target {
    /// Looks up the host, once for all requests.
    ///
    /// # Errors
    /// If the host is unknown or has no address.
    pub fn resolve(self) -> Result<Endpoint, TargetError> {
        // A URL has brackets around an IPv6 address; a name lookup accepts no brackets.
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        let addresses: Box<[SocketAddr]> = (host, self.port)
            .to_socket_addrs()
            .map_err(|source| TargetError::Lookup {
                host: self.host.clone(),
                source,
            })?
            .collect();
        if addresses.is_empty() {
            return Err(TargetError::NoAddress(self.host));
        }
        Ok(Endpoint {
            target: self,
            addresses,
        })
    }
}

impl From<SocketAddr> for Endpoint {
    /// The site at the root of a server with this address.
    fn from(address: SocketAddr) -> Endpoint {
        let host = match address {
            SocketAddr::V4(v4) => v4.ip().to_string(),
            SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
        };
        let target = Target {
            host,
            port: address.port(),
            prefix: String::new(),
        };
        Endpoint {
            target,
            addresses: Box::new([address]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_addresses_need_no_name_service() {
        for (url, address) in [
            ("http://127.0.0.1:8001", "127.0.0.1:8001"),
            ("http://[::1]:8001", "[::1]:8001"),
        ] {
            let endpoint = url.parse::<Target>().unwrap().resolve().unwrap();
            assert_eq!(endpoint.addresses(), [address.parse().unwrap()]);
            assert_eq!(endpoint, Endpoint::from(endpoint.addresses()[0]));
        }
    }
}
