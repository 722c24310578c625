//! Where the master is: by options, or by the environment variables of Locust.

use crate::worker::address::MasterAddress;
use anyhow::{Result, bail};
use std::net::Ipv6Addr;

const HOST: (&str, &str) = ("--master-host", "LOCUST_MASTER_NODE_HOST");
const PORT: (&str, &str) = ("--master-port", "LOCUST_MASTER_NODE_PORT");

/// The address; `variable` reads an environment variable.
pub(super) fn master_address(
    host: Option<&str>,
    port: Option<&str>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<MasterAddress> {
    let choose =
        |given: Option<&str>, (option, name): (&'static str, &'static str), default: &str| {
            let of_variable = || Some((name, variable(name).filter(|text| !text.is_empty())?));
            let given = given.map(|text| (option, text.to_owned()));
            given
                .or_else(of_variable)
                .unwrap_or_else(|| (option, default.to_owned()))
        };
    let (source, host) = choose(host, HOST, "127.0.0.1");
    if !is_host(&host) {
        bail!("{source}: expected a host name or an IP address without a port, got `{host}`");
    }
    let (source, text) = choose(port, PORT, "5557");
    match text.parse() {
        Ok(port) if port > 0 => Ok(MasterAddress { host, port }),
        _ => bail!("{source}: expected a port from 1 to 65535, got `{text}`"),
    }
}

fn is_host(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let is_name = |letter: char| letter.is_alphanumeric() || ".-_%".contains(letter);
    address.parse::<Ipv6Addr>().is_ok() || (!host.is_empty() && host.chars().all(is_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(host: Option<&str>, port: Option<&str>, variables: &[(&str, &str)]) -> String {
        let variable = |name: &str| {
            let found = variables.iter().find(|(it, _)| *it == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        match master_address(host, port, variable) {
            Ok(address) => address.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn options_count_more_than_the_environment() {
        let environment = [
            ("LOCUST_MASTER_NODE_HOST", "m"),
            ("LOCUST_MASTER_NODE_PORT", "1"),
        ];
        assert_eq!(address(None, None, &[]), "127.0.0.1:5557");
        assert_eq!(address(None, None, &environment), "m:1");
        assert_eq!(address(Some("h"), Some("2"), &environment), "h:2");
        assert_eq!(address(Some("::1"), None, &environment), "[::1]:1");
        assert_eq!(
            address(None, None, &[("LOCUST_MASTER_NODE_HOST", "")]),
            "127.0.0.1:5557"
        );
    }

    #[test]
    fn what_is_no_host_or_port_is_named_with_its_source() {
        let expected = "expected a host name or an IP address without a port";
        for host in ["h:5557", "tcp://h", "", "*"] {
            assert_eq!(
                address(Some(host), None, &[]),
                format!("--master-host: {expected}, got `{host}`")
            );
        }
        let of_kubernetes = [("LOCUST_MASTER_NODE_PORT", "tcp://10.0.0.1:5557")];
        assert_eq!(
            address(None, None, &of_kubernetes),
            "LOCUST_MASTER_NODE_PORT: expected a port from 1 to 65535, got `tcp://10.0.0.1:5557`"
        );
        assert!(address(None, Some("0"), &[]).starts_with("--master-port: expected"));
        assert!(address(None, Some("65536"), &[]).starts_with("--master-port: expected"));
    }
}
