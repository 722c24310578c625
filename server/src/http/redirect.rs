//! Chains of redirects: where each hop leads.
//!
//! The hops still to come stand in the query, so that a chain has the length that was asked for whoever
//! follows it, and whatever else is asked meanwhile.

use crate::content::site;
use crate::content::site::Answer;
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};

/// The parameter of the query that says which hop a request is.
const HOPS: &str = "flagpole-hops";

/// What it says in a chain without an end.
const ENDLESS: &str = "endless";

/// The hops behind a request of a chain; `None` if it has no end.
pub(crate) type Hop = Option<u32>;

/// Which hop a request is, if it is one.
pub(crate) fn hop(query: Option<&str>) -> Option<Hop> {
    let pairs = query?.split('&');
    let (_, hops) = pairs
        .filter_map(|pair| pair.split_once('='))
        .find(|pair| pair.0 == HOPS)?;
    if hops == ENDLESS {
        Some(None)
    } else {
        hops.parse().ok().map(Some)
    }
}

/// The redirect to the next hop, behind which so many others lie.
pub(crate) fn answer(path: &str, next: Hop) -> Answer {
    let mut answer = site::plain(StatusCode::FOUND);
    let hops = next.map_or(ENDLESS.to_owned(), |hops| hops.to_string());
    // A path may hold a byte that no field may; such a one names nothing we have.
    let location = HeaderValue::try_from(format!("{path}?{HOPS}={hops}"));
    let location = location.unwrap_or(HeaderValue::from_static("/"));
    answer.headers.insert(LOCATION, location);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hops_stand_in_the_query() {
        assert_eq!(hop(Some("flagpole-hops=2")), Some(Some(2)));
        assert_eq!(hop(Some("a=b&flagpole-hops=0&c")), Some(Some(0)));
        assert_eq!(hop(Some("flagpole-hops=endless")), Some(None));
        for none in [
            None,
            Some(""),
            Some("flagpole-hops"),
            Some("flagpole-hops=-1"),
            Some("hops=2"),
        ] {
            assert_eq!(hop(none), None, "{none:?}");
        }
    }

    #[test]
    fn the_location_is_the_path_with_the_hops_behind_it() {
        let location = |hops| {
            answer("/x", hops).headers["location"]
                .to_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(location(Some(2)), "/x?flagpole-hops=2");
        assert_eq!(location(None), "/x?flagpole-hops=endless");
    }
}
