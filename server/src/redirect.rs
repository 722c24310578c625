//! Chains of redirects: where each hop leads, and what happens to a request that is one of them.

use crate::fate::{Content, Ending, Fate, Pace};
use crate::site::{self, Answer};
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};

/// The parameter of the query that carries the hops still to come.
const HOPS: &str = "flagpole-hops";

/// The hops still to come, if the request is one of a chain.
pub(crate) fn hops(query: Option<&str>) -> Option<u32> {
    let pairs = query?.split('&');
    pairs
        .filter_map(|pair| pair.split_once('='))
        .find(|pair| pair.0 == HOPS)?
        .1
        .parse()
        .ok()
}

/// The fate of a request within a chain: delayed as any other, but not judged anew.
pub(crate) fn within_chain(fate: &Fate, hops: u32) -> Fate {
    let next = hops.checked_sub(1);
    Fate {
        delay: fate.delay,
        fault: next.map(|_| format!("redirect:{hops}").into()),
        content: next.map_or(Content::Asked, |next| Content::Redirect(Some(next))),
        pace: Pace::default(),
        ending: Ending::default(),
    }
}

/// The redirect that leads to the next hop, or for ever back to the path.
pub(crate) fn answer(path: &str, hops: Option<u32>) -> Answer {
    let mut answer = site::plain(StatusCode::FOUND);
    let location = match hops {
        None => path.to_owned(),
        Some(hops) => format!("{path}?{HOPS}={hops}"),
    };
    // A path may hold a byte that no field may; such a one names nothing we have.
    let location = HeaderValue::try_from(location).unwrap_or(HeaderValue::from_static("/"));
    answer.headers.insert(LOCATION, location);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hops_stand_in_the_query() {
        assert_eq!(hops(Some("flagpole-hops=2")), Some(2));
        assert_eq!(hops(Some("a=b&flagpole-hops=0&c")), Some(0));
        for none in [
            None,
            Some(""),
            Some("flagpole-hops"),
            Some("flagpole-hops=-1"),
            Some("hops=2"),
        ] {
            assert_eq!(hops(none), None, "{none:?}");
        }
    }

    #[test]
    fn a_chain_counts_down_to_what_was_asked_for() {
        let location = |hops| {
            answer("/x", hops).headers["location"]
                .to_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(location(Some(2)), "/x?flagpole-hops=2");
        assert_eq!(location(None), "/x");
        assert_eq!(
            within_chain(&Fate::default(), 2).content,
            Content::Redirect(Some(1))
        );
        assert_eq!(within_chain(&Fate::default(), 0), Fate::default());
    }
}
