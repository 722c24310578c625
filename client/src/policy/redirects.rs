//! Redirects: followed within the site, a few times. What lies elsewhere is somebody else's, and no
//! flag that was asked for.

use http::uri::PathAndQuery;
use std::sync::Arc;
use url::Url;

/// The longest path that is followed, in bytes: as much as servers commonly take.
const LONGEST: usize = 8 << 10;

/// How far redirects are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedirectPolicy {
    /// So many one after the other at most; 0 follows none.
    pub max: u32,
}

impl Default for RedirectPolicy {
    /// Five: what RFC 2068 section 10.3 advised, and curl's users are used to.
    fn default() -> RedirectPolicy {
        RedirectPolicy { max: 5 }
    }
}

/// Whether an answer with this status leads to what was asked for by GET (RFC 9110 section 15.4).
pub(crate) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// The path, with its query, to which a `Location` leads from the URL that was asked for (RFC 3986
/// section 5), which parses as such; `None` if it is of another origin (RFC 6454 section 4), too long, or
/// no reference at all.
pub(crate) fn resolve_location(asked: &Url, location: &str) -> Option<Arc<str>> {
    let target = asked.join(location).ok()?;
    let is_here = target.origin() == asked.origin()
        && target.username().is_empty()
        && target.password().is_none();
    let path = match target.query() {
        Some(query) => format!("{}?{query}", target.path()),
        None => target.path().to_owned(),
    };
    let is_path = path.len() <= LONGEST && path.parse::<PathAndQuery>().is_ok();
    (is_here && is_path).then(|| path.into())
}

/// What a request asks for, given the site that it goes to: a path may begin with two slashes, which as a
/// reference would name a host.
pub(crate) fn request_url(site: &Url, path: &PathAndQuery) -> Url {
    let mut asked = site.clone();
    asked.set_path(path.path());
    asked.set_query(path.query());
    asked
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn led(location: &str) -> Option<String> {
        let asked = Url::parse("http://h:8001/flags/br/br.gif").unwrap();
        resolve_location(&asked, location).map(|path| path.to_string())
    }

    #[test]
    fn every_kind_of_reference_is_resolved() {
        for (location, path) in [
            ("/x?flagpole-hops=2", "/x?flagpole-hops=2"),
            ("other.gif", "/flags/br/other.gif"),
            ("?q", "/flags/br/br.gif?q"),
            ("../us/us.gif", "/flags/us/us.gif"),
            ("/../../../etc", "/etc"),
            ("http://h:8001/x", "/x"),
            ("//h:8001", "/"),
            ("/a b#part", "/a%20b"),
        ] {
            assert_eq!(led(location).as_deref(), Some(path), "{location}");
        }
    }

    #[test]
    fn another_origin_is_not_followed() {
        for elsewhere in [
            "http://h/x",
            "http://h:8002/x",
            "https://h:8001/x",
            "//other:8001/x",
            "http://user@h:8001/x",
            "http://:word@h:8001/x",
            "ftp://h:8001/",
            "http://[",
            "data:,x",
        ] {
            assert_eq!(led(elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn a_path_that_is_too_long_is_not_followed() {
        assert!(led(&"x".repeat(8000)).is_some());
        // Each is three bytes in a path.
        for long in ["x".repeat(9000), "\"".repeat(3000), "\"".repeat(30_000)] {
            assert_eq!(led(&long), None);
        }
    }

    #[test]
    fn a_path_is_no_host_whatever_it_begins_with() {
        let site = Url::parse("http://h:8001/").unwrap();
        let path = PathAndQuery::from_static("//other/flags/br/br.gif?q");
        let asked = request_url(&site, &path);
        assert_eq!(asked.as_str(), "http://h:8001//other/flags/br/br.gif?q");
        assert_eq!(resolve_location(&asked, "http://other/x"), None);
        assert_eq!(
            resolve_location(&asked, "http://h:8001//x").as_deref(),
            Some("//x")
        );
    }

    proptest! {
        #[test]
        fn where_it_leads_is_always_a_path(location: String, bytes in "[/?#%\"<>{}|a-z:@.\\\\-]*") {
            for path in [led(&location), led(&bytes)].into_iter().flatten() {
                prop_assert!(path.starts_with('/') && path.parse::<PathAndQuery>().is_ok());
            }
        }
    }
}
