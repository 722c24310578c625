//! The address of `--control` and `--live`: where the control plane, or the live page of a run, listens.

use crate::options::listen_address::ListenAddress;
use anyhow::{Context as _, Result};
use flagpole_protocol::spec;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs as _};
use std::str::FromStr;

/// An address and a port, as they are typed; without an address, this machine alone can connect.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ControlAddress {
    host: ListenAddress,
    port: u16,
}

impl FromStr for ControlAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<ControlAddress, String> {
        let expected = || {
            format!(
                "expected a port or an address with a port, such as `9000` or `127.0.0.1:9000`, got `{text}`"
            )
        };
        let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
        let port = spec::whole_number(port).ok_or_else(expected)?;
        let host = match host {
            "" => ListenAddress::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            // Without brackets the port is a part of the address.
            host if host.contains(':') && !host.starts_with('[') => return Err(expected()),
            host => host.parse().map_err(|_| expected())?,
        };
        Ok(ControlAddress { host, port })
    }
}

impl ControlAddress {
    /// The address to listen on, for this option. Of the addresses of a name, the first one of IPv4 if there is one.
    pub(crate) fn resolve(&self, option: &str) -> Result<SocketAddr> {
        let name = match &self.host {
            ListenAddress::Ip(ip) => return Ok(SocketAddr::new(*ip, self.port)),
            ListenAddress::Name(name) => name,
        };
        let resolved = (name.as_str(), self.port).to_socket_addrs();
        let resolved = resolved.with_context(|| format!("{option}: cannot resolve `{name}`"))?;
        let preferred = resolved.min_by_key(SocketAddr::is_ipv6);
        preferred.with_context(|| format!("{option}: `{name}` has no address"))
    }

    /// The host name, if it is one.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.host {
            ListenAddress::Ip(_) => None,
            ListenAddress::Name(name) => Some(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_on_the_loopback_address() {
        for (text, address) in [
            ("9000", "127.0.0.1:9000"),
            (":0", "127.0.0.1:0"),
            ("127.0.0.2:9000", "127.0.0.2:9000"),
            ("[::1]:9000", "[::1]:9000"),
            ("localhost:9000", "127.0.0.1:9000"),
            ("0.0.0.0:9000", "0.0.0.0:9000"),
        ] {
            let parsed: ControlAddress = text.parse().unwrap();
            assert_eq!(
                parsed.resolve("--control").unwrap(),
                address.parse().unwrap(),
                "{text}"
            );
        }
        let name = |text: &str| {
            text.parse::<ControlAddress>()
                .unwrap()
                .name()
                .map(str::to_owned)
        };
        assert_eq!(
            name("my-host.example:1"),
            Some("my-host.example".to_owned())
        );
        assert_eq!(name("127.0.0.1:1"), None);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "x",
            "127.0.0.1",
            "localhost",
            "::1",
            "::1:9000",
            "a b:1",
            "1:65536",
            ":-1",
            "http://x:1",
        ] {
            let error = text.parse::<ControlAddress>().unwrap_err();
            assert!(error.ends_with(&format!("got `{text}`")), "{error}");
        }
    }
}
