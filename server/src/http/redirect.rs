//! Chains of redirects.
//!
//! The query of each hop carries the number of hops after it, so that a chain has its length whichever client
//! follows it.

use crate::http::prepared_response::PreparedResponse;
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};

/// The query parameter whose value is the number of hops after a request.
const PARAMETER: &str = "flagpole-hops";

/// The value of the parameter in a chain without an end.
const ENDLESS: &str = "endless";

/// The number of hops after a request in a chain; `None` in a chain without an end.
pub(crate) type RemainingHops = Option<u32>;

/// Reads the number of hops from a query; `None` if the request is in no chain.
pub(crate) fn remaining_hops(query: Option<&str>) -> Option<RemainingHops> {
    let pairs = query?.split('&');
    let (_, hops) = pairs
        .filter_map(|pair| pair.split_once('='))
        .find(|pair| pair.0 == PARAMETER)?;
    if hops == ENDLESS {
        Some(None)
    } else {
        hops.parse().ok().map(Some)
    }
}

/// A redirect to the same path; `remaining` is the number of hops after the request that follows the redirect.
pub(crate) fn response(path: &str, remaining: RemainingHops) -> PreparedResponse {
    let mut response = PreparedResponse::for_status(StatusCode::FOUND);
    let hops = remaining.map_or(ENDLESS.to_owned(), |hops| hops.to_string());
    // A path may contain a byte that is illegal in a field; no such path names a resource.
    let location = HeaderValue::try_from(format!("{path}?{PARAMETER}={hops}"));
    let location = location.unwrap_or(HeaderValue::from_static("/"));
    response.headers.insert(LOCATION, location);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_has_the_remaining_hops() {
        assert_eq!(remaining_hops(Some("flagpole-hops=2")), Some(Some(2)));
        assert_eq!(remaining_hops(Some("a=b&flagpole-hops=0&c")), Some(Some(0)));
        assert_eq!(remaining_hops(Some("flagpole-hops=endless")), Some(None));
        for none in [
            None,
            Some(""),
            Some("flagpole-hops"),
            Some("flagpole-hops=-1"),
            Some("hops=2"),
        ] {
            assert_eq!(remaining_hops(none), None, "{none:?}");
        }
    }

    #[test]
    fn the_location_is_the_path_with_the_hops_in_the_query() {
        let location = |hops| response("/x", hops).headers["location"].clone();
        assert_eq!(location(Some(2)), "/x?flagpole-hops=2");
        assert_eq!(location(None), "/x?flagpole-hops=endless");
    }
}
