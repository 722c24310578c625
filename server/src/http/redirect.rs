//! The redirects of redirect faults.
//!
//! The query of each `Location` names the hop that it leads to: how many redirects follow, so that a chain has its
//! length whichever client follows it, and the number of the request that began the chain.

use crate::fate::query;
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
    let value = |name| query::values(query?, name).next();
    Some(Hop {
        remaining: match value(HOPS)? {
            ENDLESS => None,
            hops => Some(whole_number(hops)?),
        },
        request_number: whole_number(value(REQUEST_NUMBER)?)?,
    })
}

/// The `Location` of a hop: the same path with the parameters of the request, those of a hop replaced.
pub(crate) fn location(key: &FateKey, query: Option<&str>, hop: Hop) -> HeaderValue {
    let is_other = |parameter: &&str| {
        let name = parameter.split('=').next();
        !parameter.is_empty() && ![Some(HOPS), Some(REQUEST_NUMBER)].contains(&name)
    };
    let hops = (hop.remaining).map_or(ENDLESS.to_owned(), |hops| hops.to_string());
    let of_hop = format!("{HOPS}={hops}&{REQUEST_NUMBER}={}", hop.request_number);
    let parameters = query.unwrap_or_default().split('&').filter(is_other);
    let parameters: Vec<_> = parameters.chain([&*of_hop]).collect();
    let location = format!("{}?{}", key.as_str(), parameters.join("&"));
    // A path may contain a byte that is illegal in a field; no such path names a resource.
    HeaderValue::try_from(location).unwrap_or(HeaderValue::from_static("/"))
}

/// A redirect to a location.
pub(crate) fn response(location: HeaderValue) -> PreparedResponse {
    let mut response = PreparedResponse::for_status(StatusCode::FOUND);
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
    fn the_location_is_the_path_with_the_query_of_the_request_and_the_hop() {
        let hop = "flagpole-hops=2&flagpole-nth=7";
        for (query, expected) in [
            (None, format!("/x?{hop}")),
            (Some(""), format!("/x?{hop}")),
            (Some("a=b&c"), format!("/x?a=b&c&{hop}")),
            (
                Some("flagpole=fault:redirect"),
                format!("/x?flagpole=fault:redirect&{hop}"),
            ),
            (
                Some("flagpole-hops=3&a&flagpole-nth=7"),
                format!("/x?a&{hop}"),
            ),
            (Some("flagpole-hops&flagpole-nth="), format!("/x?{hop}")),
        ] {
            let location = location(&FateKey::from_path("/x"), query, hop_of(7, Some(2)));
            assert_eq!(location, expected, "{query:?}");
        }
        let endless = location(&FateKey::from_path("/x"), None, hop_of(1, None));
        assert_eq!(endless, "/x?flagpole-hops=endless&flagpole-nth=1");
    }
}
