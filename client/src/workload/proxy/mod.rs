//! The URL of an HTTP proxy.

mod environment;
mod no_proxy;

pub use environment::EnvironmentProxyError;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use percent_encoding::percent_decode_str;
use std::{fmt, str::FromStr};
use url::Url;

/// An HTTP proxy, to which requests with a complete URL as target are sent (RFC 9112 section 3.2.2).
///
/// `Display` and `Debug` hide the user and the password of its URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// As in a URL: an IPv6 address has brackets.
    host: String,
    port: u16,
    /// `Proxy-Authorization`, from the user and the password.
    authorization: Option<HeaderValue>,
}

impl Proxy {
    /// The host, with brackets around an IPv6 address.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The value of `Proxy-Authorization` (RFC 7617), if the URL has a user.
    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }
}

impl FromStr for Proxy {
    type Err = ProxyError;

    /// Parses `http://USER:PASSWORD@HOST:PORT`; scheme, user and port (80) may be left out.
    fn from_str(text: &str) -> Result<Proxy, ProxyError> {
        let shown = || without_userinfo(text);
        let url = if text.contains("://") {
            Url::parse(text)
        } else {
            Url::parse(&format!("http://{text}"))
        };
        let url = url.map_err(|_| ProxyError::Malformed(shown()))?;
        if url.scheme() != "http" {
            return Err(ProxyError::Scheme(shown()));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(ProxyError::Extra(shown()));
        }
        match (url.host_str(), url.port_or_known_default()) {
            (Some(host), Some(port @ 1..)) => Ok(Proxy {
                host: host.to_owned(),
                port,
                authorization: basic_credentials(&url),
            }),
            _ => Err(ProxyError::Malformed(shown())),
        }
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}", self.host, self.port)
    }
}

fn basic_credentials(url: &Url) -> Option<HeaderValue> {
    let password = url.password();
    if url.username().is_empty() && password.is_none() {
        return None;
    }
    let mut credentials: Vec<u8> = percent_decode_str(url.username()).collect();
    credentials.push(b':');
    credentials.extend(percent_decode_str(password.unwrap_or_default()));
    let value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(credentials)));
    let mut value = value.expect("Base64 is printable ASCII");
    value.set_sensitive(true);
    Some(value)
}

/// A URL for an error message, with `***` instead of user and password.
fn without_userinfo(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://***@{host}"),
        (None, Some((_, host))) => format!("***@{host}"),
        (_, None) => text.to_owned(),
    }
}

/// The URL of a proxy cannot be used. The message has neither user nor password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// Not a URL with a host.
    #[error("expected a URL such as `http://127.0.0.1:3128`, got `{0}`")]
    Malformed(String),
    /// The scheme is not http.
    #[error(
        "expected a URL that begins with `http://`, got `{0}`; https and SOCKS proxies are not supported"
    )]
    Scheme(String),
    /// A path, a query or a fragment.
    #[error("expected a URL without path, query and fragment, got `{0}`")]
    Extra(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authorization(text: &str) -> Option<String> {
        let proxy: Proxy = text.parse().unwrap();
        let value = proxy.authorization()?;
        Some(value.to_str().unwrap().to_owned())
    }

    #[test]
    fn scheme_port_and_slash_may_be_left_out() {
        for (text, shown) in [
            ("http://127.0.0.1:3128", "http://127.0.0.1:3128"),
            ("http://proxy/", "http://proxy:80"),
            ("proxy:3128", "http://proxy:3128"),
            ("http://[::1]:3128", "http://[::1]:3128"),
            ("user:secret@proxy", "http://proxy:80"),
        ] {
            assert_eq!(text.parse::<Proxy>().unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn user_and_password_become_basic_credentials() {
        // The example of RFC 7617 section 2.
        let expected = Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned());
        assert_eq!(
            authorization("http://Aladdin:open%20sesame@proxy"),
            expected
        );
        assert_eq!(
            authorization("http://a@proxy").as_deref(),
            Some("Basic YTo=")
        );
        assert_eq!(authorization("http://proxy"), None);
    }

    #[test]
    fn other_urls_are_refused() {
        for (text, start) in [
            ("", "expected a URL such as"),
            ("http://", "expected a URL such as"),
            ("http://proxy:0", "expected a URL such as"),
            ("http://proxy:99999", "expected a URL such as"),
            (
                "https://proxy",
                "expected a URL that begins with `http://`, got `https://proxy`;",
            ),
            (
                "socks5://proxy",
                "expected a URL that begins with `http://`, got `socks5://proxy`;",
            ),
            ("http://proxy/path", "expected a URL without path"),
            ("http://proxy?query", "expected a URL without path"),
        ] {
            let error = text.parse::<Proxy>().unwrap_err().to_string();
            assert!(
                error.starts_with(start) && error.contains(&format!("`{text}`")),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn password_is_never_shown() {
        for text in [
            "https://user:secret@proxy",
            "http://user:secret@proxy/path",
            "http://user:sec/secret@proxy",
            "user:secret@proxy:port",
        ] {
            let error = text.parse::<Proxy>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("sec"), "{error:?}");
            assert!(error.to_string().contains("***@proxy"), "{error}");
        }
        let proxy: Proxy = "http://user:secret@proxy".parse().unwrap();
        let shown = format!("{proxy} {proxy:?}");
        assert!(
            !shown.contains("secret") && !shown.contains("dXNlcjpzZWNyZXQ"),
            "{shown}"
        );
    }
}
