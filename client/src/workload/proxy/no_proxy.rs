//! The hosts that are reached without a proxy (`no_proxy`).

use std::net::IpAddr;

/// Whether `host` is in the list, whose entries are separated by commas or spaces. An entry that is no address, block or
/// name of a host matches nothing, because programs differ in what they accept.
pub(super) fn is_excluded(list: &str, host: &str) -> bool {
    let host = unbracketed(host).trim_end_matches('.').to_ascii_lowercase();
    let mut entries = list.split([',', ' ']).filter(|entry| !entry.is_empty());
    match host.parse() {
        Ok(ip) => entries.any(|entry| entry == "*" || has_address(entry, ip)),
        Err(_) => entries.any(|entry| entry == "*" || has_name(entry, &host)),
    }
}

fn unbracketed(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Whether an entry is this address, or a block (`10.0.0.0/8`) that contains the address.
fn has_address(entry: &str, ip: IpAddr) -> bool {
    let (network, length) = entry.split_once('/').unwrap_or((entry, ""));
    let Ok(network) = unbracketed(network).parse() else {
        return false;
    };
    let (bits, network_bits, size) = match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            (ip.to_bits().into(), network.to_bits().into(), 32)
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => (ip.to_bits(), network.to_bits(), 128),
        _ => return false,
    };
    let length = match length {
        "" => Some(size),
        length => length.parse().ok().filter(|length| *length <= size),
    };
    let differing: u128 = bits ^ network_bits;
    length.is_some_and(|length| differing.checked_shr(size - length).unwrap_or(0) == 0)
}

/// Whether an entry is the name of this host or of a domain above it; `.example.org` and `*.example.org` are the same as
/// `example.org`.
fn has_name(entry: &str, host: &str) -> bool {
    let entry = entry.trim_start_matches('*').trim_start_matches('.');
    let domain = entry.trim_end_matches('.').to_ascii_lowercase();
    let rest = host.strip_suffix(&domain).filter(|_| !domain.is_empty());
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_hosts_of_their_domain() {
        for list in [
            "example.org",
            ".example.org",
            "*.example.org",
            "a, EXAMPLE.org.",
            "*",
            "a b example.org",
        ] {
            assert!(is_excluded(list, "example.org"), "{list}");
            assert!(is_excluded(list, "www.Example.org."), "{list}");
        }
        for list in ["", ",", ".", "xample.org", "www.example.org", "10.0.0.0/8"] {
            assert!(!is_excluded(list, "example.org"), "{list}");
        }
    }

    #[test]
    fn addresses_and_blocks_match_addresses() {
        for (list, host) in [
            ("127.0.0.1", "127.0.0.1"),
            ("10.0.0.0/8", "10.1.2.3"),
            ("10.1.2.3/32", "10.1.2.3"),
            ("0.0.0.0/0", "10.1.2.3"),
            ("::1", "[::1]"),
            ("[::1]", "[::1]"),
            ("fd00::/8", "[fd12::1]"),
            ("::/0", "[fd12::1]"),
            ("*", "[::1]"),
        ] {
            assert!(is_excluded(list, host), "{list} {host}");
        }
        for (list, host) in [
            ("10.0.0.0/8", "11.1.2.3"),
            ("10.0.0.0/33", "10.0.0.0"),
            ("10.0.0.0/", "10.0.0.1"),
            ("10.0.0.0/x", "10.0.0.0"),
            ("::/0", "10.0.0.0"),
            ("0.0.0.0/0", "[::1]"),
            ("1", "127.0.0.1"),
            ("fd00::/8", "[fe12::1]"),
        ] {
            assert!(!is_excluded(list, host), "{list} {host}");
        }
    }
}
