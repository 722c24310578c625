//! The URL of a control plane.

use flagpole_client::{Endpoint, Target};
use flagpole_protocol::spec;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

/// An address whose host has been looked up: from a URL, `HOST:PORT`, or a port of this machine.
#[derive(Clone, Debug)]
pub(crate) struct ControlUrl {
    /// Without a slash at its end.
    url: String,
    endpoint: Endpoint,
}

impl ControlUrl {
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        self.endpoint.addresses()
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> &str {
        self.url.trim_start_matches("http://")
    }
}

impl FromStr for ControlUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<ControlUrl, String> {
        let expected = || {
            format!(
                "expected an address such as `127.0.0.1:9000`, a port or a URL without a path, got `{text}`"
            )
        };
        let port = text.strip_prefix(':').unwrap_or(text);
        let target = if spec::whole_number::<u16>(port).is_some() {
            format!("http://127.0.0.1:{port}")
        } else if text.contains("://") {
            text.to_owned()
        } else if text.contains(':') {
            format!("http://{text}")
        } else {
            return Err(expected());
        };
        let target: Target = target.parse().map_err(|_| expected())?;
        let url = target.to_string();
        if url.trim_start_matches("http://").contains('/') {
            return Err(expected());
        }
        let endpoint = target.resolve().map_err(|error| error.to_string())?;
        Ok(ControlUrl { url, endpoint })
    }
}

/// The root URL.
impl fmt::Display for ControlUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_addresses_and_ports_are_addresses() {
        for (text, url, authority) in [
            ("9000", "http://127.0.0.1:9000/", "127.0.0.1:9000"),
            (":9000", "http://127.0.0.1:9000/", "127.0.0.1:9000"),
            ("127.0.0.1:9", "http://127.0.0.1:9/", "127.0.0.1:9"),
            ("[::1]:9000", "http://[::1]:9000/", "[::1]:9000"),
            (
                "http://127.0.0.1:90/",
                "http://127.0.0.1:90/",
                "127.0.0.1:90",
            ),
        ] {
            let address: ControlUrl = text.parse().unwrap();
            assert_eq!(
                (&*address.to_string(), address.authority()),
                (url, authority)
            );
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "0",
            "99999",
            "localhost",
            "https://127.0.0.1:9000/",
            "127.0.0.1:9/x",
            "a b",
        ] {
            let error = text.parse::<ControlUrl>().unwrap_err();
            assert!(
                error.starts_with("expected an address such as "),
                "{text}: {error}"
            );
        }
    }
}
