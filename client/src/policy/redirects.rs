//! Redirects are followed only within the site: another origin is not under test and has none of the requested
//! flags.

use flagpole_protocol::OriginForm;
use http::Method;
use http::uri::PathAndQuery;
use std::sync::Arc;
use url::Url;

/// Whether a GET follows the `Location` of a response with this status (RFC 9110 section 15.4).
pub(crate) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Whether the request that follows a redirect with this status is a GET: after 303 always, unless it was a HEAD; after
/// 301 and 302 if it was a POST, as browsers do (RFC 9110 section 15.4).
pub(crate) fn redirects_to_get(status: u16, method: &Method) -> bool {
    match status {
        303 => *method != Method::HEAD,
        301 | 302 => *method == Method::POST,
        _ => false,
    }
}

/// The path and query of a `Location`, resolved against the URL of the request (RFC 3986 section 5); always a valid
/// [`PathAndQuery`]. `None` if the `Location` has another origin (RFC 6454 section 4), is too long, or is no URI
/// reference.
pub(crate) fn resolve_location(request: &Url, location: &str) -> Option<Arc<str>> {
    let target = request.join(location).ok()?;
    let is_same_site = target.origin() == request.origin()
        && target.username().is_empty()
        && target.password().is_none();
    let path = match target.query() {
        Some(query) => format!("{}?{query}", target.path()),
        None => target.path().to_owned(),
    };
    let is_path = path.len() <= OriginForm::MAX_LENGTH && path.parse::<PathAndQuery>().is_ok();
    (is_same_site && is_path).then(|| path.into())
}

/// The URL of a request to a site. The path is not resolved as a reference, because two slashes at its beginning
/// would then name a host.
pub(crate) fn request_url(site: &Url, target: &str) -> Url {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let mut url = site.clone();
    url.set_path(path);
    url.set_query(query);
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn resolve(location: &str) -> Option<String> {
        let request = Url::parse("http://h:8001/flags/br/br.gif").unwrap();
        resolve_location(&request, location).map(|path| path.to_string())
    }

    #[test]
    fn every_kind_of_reference_is_resolved() {
        for (location, path) in [
            ("/x?flagpole-hops=2&n=1", "/x?flagpole-hops=2&n=1"),
            ("other.gif", "/flags/br/other.gif"),
            ("?q", "/flags/br/br.gif?q"),
            ("../us/us.gif", "/flags/us/us.gif"),
            ("/../../../etc", "/etc"),
            ("http://h:8001/x", "/x"),
            ("//h:8001", "/"),
            ("/a b#part", "/a%20b"),
        ] {
            assert_eq!(resolve(location).as_deref(), Some(path), "{location}");
        }
    }

    #[test]
    fn method_changes_to_get_as_in_browsers() {
        for (status, method, expected) in [
            (303, Method::POST, true),
            (303, Method::PUT, true),
            (303, Method::HEAD, false),
            (302, Method::POST, true),
            (301, Method::PUT, false),
            (307, Method::POST, false),
            (308, Method::POST, false),
        ] {
            assert_eq!(
                redirects_to_get(status, &method),
                expected,
                "{status} {method}"
            );
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
            assert_eq!(resolve(elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn a_path_that_is_too_long_is_not_followed() {
        assert!(resolve(&"x".repeat(8000)).is_some());
        // A quotation mark is percent-encoded: three bytes.
        for long in ["x".repeat(9000), "\"".repeat(3000), "\"".repeat(30_000)] {
            assert_eq!(resolve(&long), None);
        }
    }

    #[test]
    fn a_path_that_begins_with_two_slashes_is_no_host() {
        let site = Url::parse("http://h:8001/").unwrap();
        let request = request_url(&site, "//other/flags/br/br.gif?q");
        assert_eq!(request.as_str(), "http://h:8001//other/flags/br/br.gif?q");
        assert_eq!(resolve_location(&request, "http://other/x"), None);
        assert_eq!(
            resolve_location(&request, "http://h:8001//x").as_deref(),
            Some("//x")
        );
    }

    proptest! {
        #[test]
        fn a_resolved_location_is_always_a_path(location: String, bytes in "[/?#%\"<>{}|a-z:@.\\\\-]*") {
            for path in [resolve(&location), resolve(&bytes)].into_iter().flatten() {
                prop_assert!(path.starts_with('/') && path.parse::<PathAndQuery>().is_ok());
            }
        }
    }
}
