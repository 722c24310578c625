//! The URL of a site of flags, and how its host is reached.

use super::proxy::Proxy;
use crate::policy::resolve_location;
use flagpole_protocol::{OriginForm, SpecError, reason};
use http::Uri;
use socket2::SockAddr;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::{fmt, io, str::FromStr};
use url::Url;

/// The URL of a site: its root, or its `/flags`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// As in the URL: an IPv6 address has brackets.
    host: String,
    port: u16,
    /// The path before `/flags`, without a slash at its end.
    pub(crate) prefix: String,
}

impl Target {
    /// The host, with brackets around an IPv6 address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The value of the `Host` header (RFC 9110 section 7.2).
    pub(crate) fn authority(&self) -> String {
        match self.port {
            80 => self.host.clone(),
            port => format!("{}:{port}", self.host),
        }
    }

    /// The path and query that a text names on this host: a path, or a URL with the origin of this one (RFC 6454
    /// section 4). It is resolved as a link is: dot segments are removed, bytes outside ASCII are percent-encoded, a
    /// fragment is dropped.
    ///
    /// # Errors
    /// If the text is another URL or no path, or there are too many different paths.
    pub fn origin_form(&self, text: &str) -> Result<OriginForm, SpecError> {
        let is_reference = text.starts_with('/') || Url::parse(text).is_ok();
        let site = Url::parse(&self.to_string()).ok();
        let path = site.filter(|_| is_reference);
        let path = path.and_then(|site| resolve_location(&site, text));
        let expected = || {
            let root = format!("http://{}/", self.authority());
            let expected = format!(
                "a path that begins with `/`, or a URL that begins with `{root}`, of at most {} bytes",
                OriginForm::MAX_LENGTH
            );
            SpecError::expected(&expected, &reason(&text))
        };
        path.ok_or_else(expected)?.parse()
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
        let authority = uri
            .authority()
            .filter(|authority| !authority.host().is_empty());
        let authority = authority.ok_or_else(malformed)?;
        if uri.query().is_some() || text.contains(['#', '@']) {
            return Err(TargetError::Extra(text.to_owned()));
        }
        // A malformed port must not become the default one.
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

/// A target and where to connect to: the addresses of its host, those of a proxy, or a Unix socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    target: Target,
    proxy: Option<Proxy>,
    /// In the order of the resolver; empty with a Unix socket.
    addresses: Box<[SocketAddr]>,
    unix_socket: Option<PathBuf>,
}

impl Endpoint {
    /// The target that was looked up.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The proxy to which all requests are sent.
    pub fn proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref()
    }

    /// The addresses of the host, or of the proxy, in the order of the resolver; none with a Unix socket.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The Unix socket on which the server listens.
    pub fn unix_socket(&self) -> Option<&Path> {
        self.unix_socket.as_deref()
    }

    /// What comes before the path in a request target: the origin in a request to a proxy (absolute-form, RFC 9112
    /// section 3.2.2), otherwise nothing.
    pub(crate) fn origin_prefix(&self) -> String {
        match self.proxy {
            Some(_) => format!("http://{}", self.target.authority()),
            None => String::new(),
        }
    }
}

impl Target {
    /// Looks up the host, once for all requests.
    ///
    /// # Errors
    /// If the host is unknown or has no address.
    pub fn resolve(self) -> Result<Endpoint, TargetError> {
        Ok(Endpoint {
            addresses: look_up(&self.host, self.port)?,
            target: self,
            proxy: None,
            unix_socket: None,
        })
    }

    /// Looks up the host of a proxy, which looks up the host of this target.
    ///
    /// # Errors
    /// If the host of the proxy is unknown or has no address.
    pub fn resolve_via(self, proxy: Proxy) -> Result<Endpoint, TargetError> {
        Ok(Endpoint {
            addresses: look_up(proxy.host(), proxy.port())?,
            target: self,
            proxy: Some(proxy),
            unix_socket: None,
        })
    }

    /// The server that listens on a Unix socket. The host of this target is not looked up, but sent in `Host`. Whether a server
    /// listens shows in the outcomes of requests.
    ///
    /// # Errors
    /// If the path is too long for a socket, or the system has no Unix sockets.
    pub fn resolve_at(self, path: impl Into<PathBuf>) -> Result<Endpoint, TargetError> {
        let path = path.into();
        check_unix_socket(&path).map_err(|source| TargetError::UnixSocket {
            path: path.clone(),
            source,
        })?;
        Ok(Endpoint {
            target: self,
            proxy: None,
            addresses: Box::default(),
            unix_socket: Some(path),
        })
    }
}

/// Whether a path can be that of a Unix socket: at most some 100 bytes (unix(7)).
fn check_unix_socket(path: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        let reason = "this system has no Unix sockets";
        return Err(io::Error::new(io::ErrorKind::Unsupported, reason));
    }
    if path.as_os_str().is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the path is empty",
        ));
    }
    SockAddr::unix(path).map(drop)
}

/// The addresses of a host, which has brackets if it is an IPv6 address.
fn look_up(host: &str, port: u16) -> Result<Box<[SocketAddr]>, TargetError> {
    // A name lookup accepts no brackets.
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let found = (name, port).to_socket_addrs();
    let addresses: Box<[SocketAddr]> = found
        .map_err(|source| TargetError::Lookup {
            host: host.to_owned(),
            source,
        })?
        .collect();
    if addresses.is_empty() {
        return Err(TargetError::NoAddress(host.to_owned()));
    }
    Ok(addresses)
}

impl From<SocketAddr> for Endpoint {
    /// The site at the root of a server with this address.
    fn from(address: SocketAddr) -> Endpoint {
        let host = match address.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        let (port, prefix) = (address.port(), String::new());
        Endpoint {
            target: Target { host, port, prefix },
            proxy: None,
            addresses: Box::new([address]),
            unix_socket: None,
        }
    }
}

/// The URL cannot be used, or its host is unknown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// Not a URL with a host.
    #[error("expected a URL such as `http://127.0.0.1:8001`, got `{0}`")]
    Malformed(String),
    /// The scheme is not http.
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
        /// The error of the system.
        source: io::Error,
    },
    /// No path of a Unix socket.
    #[error("cannot use the Unix socket `{path}`: {source}", path = .path.display())]
    UnixSocket {
        /// The path.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The host has no address.
    #[error("the host `{0}` has no address")]
    NoAddress(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_and_flags_url_are_the_same_site() {
        for text in [
            "http://h:8001",
            "http://h:8001/",
            "http://h:8001/flags",
            "http://h:8001/flags/",
        ] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), "http://h:8001");
        }
        let nested: Target = "http://h:8001/static/flags/".parse().unwrap();
        assert_eq!(nested.prefix, "/static");
        let similar: Target = "http://h:8001/redflags".parse().unwrap();
        assert_eq!(similar.prefix, "/redflags");
    }

    #[test]
    fn host_field_omits_the_default_port() {
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
    fn an_invalid_url_is_refused_and_quoted() {
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
    fn path_or_url_of_the_origin_names_a_path() {
        let target: Target = "http://h:8001/static/flags/".parse().unwrap();
        let path = |text: &str| target.origin_form(text).map(OriginForm::as_str);
        for (text, expected) in [
            ("/", "/"),
            ("/a?b=/c", "/a?b=/c"),
            ("/flags/br/br.gif", "/flags/br/br.gif"),
            ("http://H:8001/a?b", "/a?b"),
            ("http://h:8001", "/"),
            ("http://h:8001//a", "//a"),
            ("/a/../b c/\u{e9}#d", "/b%20c/%C3%A9"),
        ] {
            assert_eq!(path(text), Ok(expected), "{text}");
        }
        let long = format!("/{}", "x".repeat(9000));
        for bad in [
            "a",
            "a.html",
            "?b",
            "../a",
            "//other/a",
            "http://h/a",
            "http://h:8002/a",
            "https://h:8001/a",
            "http://user@h:8001/a",
            "data:,a",
            &long,
        ] {
            let error = path(bad).unwrap_err().to_string();
            let expected = "expected a path that begins with `/`, or a URL that begins with `http://h:8001/`, of at \
                            most 8192 bytes, got `";
            assert!(error.starts_with(expected) && error.len() < 400, "{error}");
        }
    }

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
