//! The proxy that the environment names, by the rules of curl.

use super::no_proxy::is_excluded;
use super::{Proxy, ProxyError};

/// `http_proxy` only in lower case: a CGI program has the request field `Proxy` as `HTTP_PROXY`.
const PROXY_VARIABLES: [&str; 3] = ["http_proxy", "all_proxy", "ALL_PROXY"];
const NO_PROXY_VARIABLES: [&str; 2] = ["no_proxy", "NO_PROXY"];

impl Proxy {
    /// The proxy for requests to `host`, if there is one, by the first of the environment variables `http_proxy`,
    /// `all_proxy` and `ALL_PROXY` that is set and not empty. `no_proxy` or `NO_PROXY` lists hosts without proxy,
    /// separated by commas: `*` for all, names (`example.org` includes the hosts of this domain), IP addresses and CIDR
    /// blocks (`10.0.0.0/8`).
    ///
    /// `variable` looks up a variable, as `|name| std::env::var(name).ok()` does.
    ///
    /// # Errors
    /// If the variable is no URL of an HTTP proxy.
    pub fn from_environment(
        host: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Proxy>, EnvironmentProxyError> {
        let first_set = |names: &[&'static str]| {
            let values = names.iter().map(|&name| (name, variable(name)));
            let mut set = values.filter_map(|(name, value)| Some((name, value?)));
            set.find(|(_, value)| !value.is_empty())
        };
        let Some((variable, url)) = first_set(&PROXY_VARIABLES) else {
            return Ok(None);
        };
        let proxy = url.parse();
        let proxy = proxy.map_err(|source| EnvironmentProxyError { variable, source })?;
        let excluded = first_set(&NO_PROXY_VARIABLES);
        let is_excluded = excluded.is_some_and(|(_, list)| is_excluded(&list, host));
        Ok(Some(proxy).filter(|_| !is_excluded))
    }
}

/// An environment variable is no URL of an HTTP proxy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {source}")]
pub struct EnvironmentProxyError {
    variable: &'static str,
    source: ProxyError,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The proxy for requests to `host`, by variables such as `http_proxy=a no_proxy=b`.
    fn proxy(variables: &str) -> Result<Option<String>, String> {
        let lookup = |name: &str| {
            let mut variables = variables.split(' ').filter_map(|one| one.split_once('='));
            let found = variables.find(|(other, _)| *other == name);
            found.map(|(_, value)| value.to_owned())
        };
        let proxy = Proxy::from_environment("host", lookup);
        match proxy {
            Ok(proxy) => Ok(proxy.map(|proxy| proxy.host().to_owned())),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn first_variable_that_is_not_empty_counts() {
        for (variables, expected) in [
            ("", None),
            ("HTTP_PROXY=a", None),
            ("https_proxy=a", None),
            ("http_proxy=a all_proxy=b", Some("a")),
            ("http_proxy= all_proxy=b ALL_PROXY=c", Some("b")),
            ("ALL_PROXY=c", Some("c")),
            ("http_proxy=a no_proxy=host", None),
            ("http_proxy=a NO_PROXY=host", None),
            ("http_proxy=a no_proxy=other NO_PROXY=host", Some("a")),
        ] {
            assert_eq!(
                proxy(variables),
                Ok(expected.map(str::to_owned)),
                "{variables}"
            );
        }
    }

    #[test]
    fn error_names_the_variable() {
        let error = proxy("all_proxy=socks5://u:p@a").unwrap_err();
        let start = "all_proxy: expected a URL that begins with `http://`, got `socks5://***@a`";
        assert!(error.starts_with(start), "{error}");
    }
}
