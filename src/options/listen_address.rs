//! The addresses of `--addr`: IP addresses and host names.

use anyhow::{Result, anyhow, bail};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs as _};
use std::str::FromStr;

/// The name of the loopback addresses (RFC 6761 section 6.3), which is not looked up.
const LOCALHOST: &str = "localhost";

/// An address to listen on, as it is typed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ListenAddress {
    Ip(IpAddr),
    /// A host name, or an address with a zone, `fe80::1%lo`.
    Name(String),
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<ListenAddress, String> {
        let bare = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        let bare = bare.unwrap_or(text);
        if let Ok(ip) = bare.parse() {
            return Ok(ListenAddress::Ip(ip));
        }
        let is_zoned =
            |(ip, zone): (&str, &str)| ip.parse::<Ipv6Addr>().is_ok() && !zone.is_empty();
        let is_name = |name: &str| {
            let is_in_names = |letter: char| letter.is_alphanumeric() || "-._".contains(letter);
            name.contains(char::is_alphabetic) && name.chars().all(is_in_names)
        };
        if bare.split_once('%').is_some_and(is_zoned) || is_name(text) {
            return Ok(ListenAddress::Name(bare.to_owned()));
        }
        let has_port = text.parse::<SocketAddr>().is_ok()
            || (text.split_once(':'))
                .is_some_and(|(name, port)| is_name(name) && port.parse::<u16>().is_ok());
        let remedy = if has_port {
            "; the port has its own option, `--port`"
        } else {
            ""
        };
        Err(format!(
            "expected an IP address or a host name, such as `127.0.0.1`, `::1` or `localhost`, got `{text}`{remedy}"
        ))
    }
}

/// The addresses of a list without those that occur earlier, all with port 0. Of the addresses of a name those that this
/// machine has.
pub(crate) fn resolve(list: &[ListenAddress]) -> Result<Vec<SocketAddr>> {
    let mut addresses = Vec::new();
    for listed in list {
        let found = match listed {
            ListenAddress::Ip(ip) => vec![SocketAddr::new(*ip, 0)],
            ListenAddress::Name(name) => addresses_of(name)?,
        };
        for address in found {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
    }
    Ok(addresses)
}

/// The addresses of a name on this machine, those of IPv4 first: not every client tries another one after a refusal.
fn addresses_of(name: &str) -> Result<Vec<SocketAddr>> {
    let mut found: Vec<SocketAddr> = if name.eq_ignore_ascii_case(LOCALHOST) {
        vec![
            (Ipv4Addr::LOCALHOST, 0).into(),
            (Ipv6Addr::LOCALHOST, 0).into(),
        ]
    } else {
        let found = (name, 0).to_socket_addrs();
        let found = found.map_err(|error| anyhow!("--addr: cannot resolve `{name}`: {error}"))?;
        found.collect()
    };
    let all = found.clone();
    found.retain(|address| TcpListener::bind(address).is_ok());
    found.sort_by_key(SocketAddr::is_ipv6);
    if found.is_empty() {
        let all: Vec<_> = all.iter().map(|address| address.ip().to_string()).collect();
        bail!(
            "--addr: `{name}` ({}) is no address of this machine",
            all.join(", ")
        );
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_are_parsed() {
        let ip = |text: &str| ListenAddress::Ip(text.parse().unwrap());
        for (text, expected) in [
            ("127.0.0.2", ip("127.0.0.2")),
            ("::1", ip("::1")),
            ("[::1]", ip("::1")),
            ("fe80::1%lo", ListenAddress::Name("fe80::1%lo".to_owned())),
            ("[fe80::1%2]", ListenAddress::Name("fe80::1%2".to_owned())),
            (
                "my-host.example",
                ListenAddress::Name("my-host.example".to_owned()),
            ),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused_and_a_port_has_a_remedy() {
        let refused = |text: &str| text.parse::<ListenAddress>().unwrap_err();
        for text in [
            "",
            "8000",
            "127.1",
            "127.0.0",
            "[localhost]",
            "::1%",
            "http://x/",
        ] {
            assert!(refused(text).ends_with(&format!("got `{text}`")), "{text}");
        }
        for text in ["localhost:8000", "127.0.0.1:8000", "[::1]:8000"] {
            assert!(
                refused(text).ends_with("; the port has its own option, `--port`"),
                "{text}"
            );
        }
    }

    #[test]
    fn localhost_has_the_loopback_addresses_of_the_machine() {
        let resolved = resolve(&["localhost", "127.0.0.1"].map(|one| one.parse().unwrap()));
        let resolved = resolved.unwrap();
        assert_eq!(resolved[0], ([127, 0, 0, 1], 0).into());
        let has_ipv6 = TcpListener::bind("[::1]:0").is_ok();
        assert_eq!(resolved.len(), if has_ipv6 { 2 } else { 1 });
    }

    #[test]
    fn zone_is_the_name_of_an_interface() {
        let unknown = resolve(&["fe80::1%nowhere".parse().unwrap()]).unwrap_err();
        let start = "--addr: cannot resolve `fe80::1%nowhere`: ";
        assert!(unknown.to_string().starts_with(start), "{unknown}");
    }
}
