//! Where the flags are: a site's URL, and the addresses that its host has.

use http::Uri;
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::str::FromStr;

/// The URL of a site: its root, or its `/flags`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    host: String,
    port: u16,
    prefix: String,
}

/// A target whose host has been looked up: what a run needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    target: Target,
    /// Tried in this order; never empty.
    addresses: Box<[SocketAddr]>,
}

/// The URL cannot be used, or its host is not known.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// Not a URL with a host.
    #[error("expected a URL such as `http://127.0.0.1:8001`, got `{0}`")]
    Malformed(String),
    /// Another scheme than http.
    #[error("expected a URL that begins with `http://`, got `{0}`; https is not supported")]
    Scheme(String),
    /// A query, a fragment or a user.
    #[error("expected a URL without user, query and fragment, got `{0}`")]
    Extra(String),
    /// The host cannot be looked up.
    #[error("cannot look up the host `{host}`: {source}")]
    Lookup {
        /// The host.
        host: String,
        /// What the system said.
        source: io::Error,
    },
    /// The host has no address.
    #[error("the host `{0}` has no address")]
    NoAddress(String),
}

impl Target {
    /// Looks up the host, once for all requests.
    ///
    /// # Errors
    /// If the host is not known.
    pub fn resolve(self) -> Result<Endpoint, TargetError> {
        // A name lookup takes no brackets around an IPv6 address; a URL does.
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

    /// The value of the `Host` header (RFC 9110 section 7.2).
    pub(crate) fn authority(&self) -> String {
        match self.port {
            80 => self.host.clone(),
            port => format!("{}:{port}", self.host),
        }
    }

    /// What stands before `/flags` in every path; without a slash at its end.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }
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

impl From<SocketAddr> for Endpoint {
    /// The site at the root of a server whose address is known.
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

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Target, TargetError> {
        let malformed = || TargetError::Malformed(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| malformed())?;
        match uri.scheme_str() {
            Some("http") => {}
            Some(_) => return Err(TargetError::Scheme(text.to_owned())),
            None => return Err(malformed()),
        }
        let authority = uri.authority().filter(|known| !known.host().is_empty());
        let authority = authority.ok_or_else(malformed)?;
        if uri.query().is_some() || text.contains(['#', '@']) {
            return Err(TargetError::Extra(text.to_owned()));
        }
        // A port that is there but no number must not become the default one.
        let port = match authority.as_str().strip_prefix(authority.host()) {
            Some("") => 80,
            _ => authority
                .port_u16()
                .filter(|&port| port > 0)
                .ok_or_else(malformed)?,
        };
        let path = uri.path().trim_end_matches('/');
        let prefix = path.strip_suffix("/flags").unwrap_or(path).to_owned();
        Ok(Target {
            host: authority.host().to_owned(),
            port,
            prefix,
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}{}", self.host, self.port, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_and_its_flags_are_the_same_site() {
        for text in [
            "http://h:8001",
            "http://h:8001/",
            "http://h:8001/flags",
            "http://h:8001/flags/",
        ] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), "http://h:8001");
        }
        let nested: Target = "http://h:8001/static/flags/".parse().unwrap();
        assert_eq!(nested.prefix(), "/static");
        let similar: Target = "http://h:8001/redflags".parse().unwrap();
        assert_eq!(similar.prefix(), "/redflags");
    }

    #[test]
    fn the_default_port_is_not_named_to_the_server() {
        assert_eq!(
            "http://example.org".parse::<Target>().unwrap().authority(),
            "example.org"
        );
        assert_eq!(
            "http://h:8001".parse::<Target>().unwrap().authority(),
            "h:8001"
        );
    }

    #[test]
    fn what_is_not_such_a_url_is_refused_with_its_text() {
        let https = "https://h".parse::<Target>().unwrap_err().to_string();
        assert!(
            https.contains("`https://h`") && https.contains("not supported"),
            "{https}"
        );
        for bad in [
            "",
            "h:8001",
            "127.0.0.1:8001",
            "/flags",
            "http://",
            "http://:80",
            "http://h:99999",
            "http://h:x",
            "http://h:",
            "http://h:0",
            "http://h/?q",
            "http://u@h/",
            "http://h/#f",
            "ftp://h/",
        ] {
            let error = bad.parse::<Target>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{bad}`")), "{bad}: {error}");
        }
    }

    #[test]
    fn addresses_need_no_name_service() {
        for (text, address) in [
            ("http://127.0.0.1:8001", "127.0.0.1:8001"),
            ("http://[::1]:8001", "[::1]:8001"),
        ] {
            let endpoint = text.parse::<Target>().unwrap().resolve().unwrap();
            assert_eq!(endpoint.addresses(), [address.parse().unwrap()]);
            assert_eq!(endpoint, Endpoint::from(endpoint.addresses()[0]));
        }
    }
}
