//! Host and port of a master.

use std::fmt;
use std::net::Ipv6Addr;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MasterAddress {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl fmt::Display for MasterAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        match host.parse::<Ipv6Addr>() {
            Ok(_) => write!(f, "[{host}]:{}", self.port),
            Err(_) => write!(f, "{host}:{}", self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_ipv6_have_brackets() {
        let text = |host: &str| {
            let host = host.to_owned();
            MasterAddress { host, port: 5557 }.to_string()
        };
        assert_eq!(text("::1"), "[::1]:5557");
        assert_eq!(text("[::1]"), "[::1]:5557");
        assert_eq!(text("master"), "master:5557");
    }
}
