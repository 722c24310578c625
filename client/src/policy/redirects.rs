//! Redirects: followed within the site, a few times. What lies elsewhere is somebody else's, and no
//! flag that was asked for.

use std::sync::Arc;
use url::Url;

/// How far redirects are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirects {
    /// So many one after the other at most; 0 follows none.
    pub most: u32,
}

impl Default for Redirects {
    /// Five: what RFC 2068 section 10.3 advised, and curl's users are used to.
    fn default() -> Redirects {
        Redirects { most: 5 }
    }
}

/// Whether an answer with this status leads to what was asked for by GET (RFC 9110 section 15.4).
pub(crate) fn leads_on(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// The path, with its query, to which a `Location` leads from the URL that was asked for (RFC 3986
/// section 5); `None` if it is of another origin (RFC 6454 section 4) or no reference at all.
pub(crate) fn led_to(asked: &Url, location: &str) -> Option<Arc<str>> {
    let target = asked.join(location).ok()?;
    let is_here = target.origin() == asked.origin() && target.username().is_empty();
    let path = match target.query() {
        Some(query) => format!("{}?{query}", target.path()),
        None => target.path().to_owned(),
    };
    is_here.then(|| path.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn led(location: &str) -> Option<String> {
        let asked = Url::parse("http://h:8001/flags/br/br.gif").unwrap();
        led_to(&asked, location).map(|path| path.to_string())
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
            "ftp://h:8001/",
            "http://[",
            "data:,x",
        ] {
            assert_eq!(led(elsewhere), None, "{elsewhere}");
        }
    }
}
