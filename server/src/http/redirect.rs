//! The redirects of redirect faults.
//!
//! The query of each `Location` names the hop that it leads to: how many redirects follow, so that a chain has its
//! length whichever client follows it, and the number of the request that began the chain.

use crate::fate::redirect_chain::Hop;
use crate::http::prepared_response::PreparedResponse;
use flagpole_protocol::FateKey;
use flagpole_protocol::spec::whole_number;
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};

/// The query parameter whose value is the number of redirects after a request.
const HOPS: &str = "flagpole-hops";

/// The value of `HOPS` in a chain without an end.
const ENDLESS: &str = "endless";

/// The query parameter whose value is the number of the request that began the chain.
const REQUEST_NUMBER: &str = "flagpole-nth";

/// The hop that a query names; `None` if it names none.
pub(crate) fn hop(query: Option<&str>) -> Option<Hop> {
    let query = query?;
    let value = |name| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|pair| pair.0 == name).map(|pair| pair.1)
    };
    Some(Hop {
        remaining: match value(HOPS)? {
            ENDLESS => None,
            hops => Some(whole_number(hops)?),
        },
        request_number: whole_number(value(REQUEST_NUMBER)?)?,
    })
}

/// A redirect to a hop for the same path.
pub(crate) fn response(key: &FateKey, hop: Hop) -> PreparedResponse {
    let mut response = PreparedResponse::for_status(StatusCode::FOUND);
    let hops = (hop.remaining).map_or(ENDLESS.to_owned(), |hops| hops.to_string());
    let (path, number) = (key.as_str(), hop.request_number);
    // A path may contain a byte that is illegal in a field; no such path names a resource.
    let location = HeaderValue::try_from(format!("{path}?{HOPS}={hops}&{REQUEST_NUMBER}={number}"));
    let location = location.unwrap_or(HeaderValue::from_static("/"));
    response.headers.insert(LOCATION, location);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop_of(request_number: u64, remaining: Option<u32>) -> Hop {
        Hop {
            request_number,
            remaining,
        }
    }

    #[test]
    fn the_query_names_the_hop() {
        for (query, expected) in [
            ("flagpole-hops=2&flagpole-nth=7", hop_of(7, Some(2))),
            ("a=b&flagpole-nth=1&c&flagpole-hops=0", hop_of(1, Some(0))),
            ("flagpole-hops=endless&flagpole-nth=1", hop_of(1, None)),
        ] {
            assert_eq!(hop(Some(query)), Some(expected), "{query}");
        }
        for none in [
            None,
            Some(""),
            Some("flagpole-hops"),
            Some("flagpole-hops=2"),
            Some("flagpole-nth=2"),
            Some("flagpole-hops=-1&flagpole-nth=2"),
            Some("flagpole-hops=+1&flagpole-nth=2"),
            Some("flagpole-hops=1&flagpole-nth=x"),
            Some("hops=2&nth=1"),
        ] {
            assert_eq!(hop(none), None, "{none:?}");
        }
    }

    #[test]
    fn the_location_is_the_path_with_the_hop_in_the_query() {
        let location = |hop| response(&FateKey::from_path("/x"), hop).headers["location"].clone();
        assert_eq!(
            location(hop_of(7, Some(2))),
            "/x?flagpole-hops=2&flagpole-nth=7"
        );
        assert_eq!(
            location(hop_of(1, None)),
            "/x?flagpole-hops=endless&flagpole-nth=1"
        );
    }
}
