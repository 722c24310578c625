//! The number of a request for its key (normalised path): counted by the server, or given by the client.
//!
//! A client whose fates must not depend on other clients names its run, which has separate counters, or gives the
//! number of each request.

use crate::fate::redirect_chain::{ChainStart, FollowedRedirect, Hop, RemainingHops};
use crate::fate::request_counters::RequestCounters;
use crate::fate::request_fields::RequestFields;
use flagpole_protocol::headers::{MAX_RUN_NAME, REQUEST_NUMBER_HEADER, RUN_HEADER};
use flagpole_protocol::spec::whole_number;
use flagpole_protocol::{FateKey, SpecError};
use http::HeaderValue;
use std::sync::Arc;

/// The run and the number of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestIndex {
    /// The run that the client names in `Flagpole-Run`.
    pub(crate) run: Option<Arc<str>>,
    /// The number of the request for its key, from 1.
    pub(crate) request_number: u64,
    /// `None` unless a redirect fault led to the request.
    pub(crate) followed: Option<FollowedRedirect>,
}

impl RequestIndex {
    /// Counts a request, unless the client gives its number in `Flagpole-Nth`, or a redirect fault led to the request: it
    /// has the number of the request that began the chain then. `hop` is what the query names.
    ///
    /// # Errors
    /// If `Flagpole-Run` or `Flagpole-Nth` cannot be read; the request is not counted then.
    pub(crate) fn assign(
        counters: &RequestCounters,
        fields: &RequestFields<'_>,
        key: &FateKey,
        hop: Option<Hop>,
    ) -> Result<RequestIndex, SpecError> {
        let run = fields.run.map(run_name).transpose()?;
        let number = fields.request_number.map(request_number).transpose()?;
        let followed = hop.and_then(|hop| counters.redirects.take(run, key, hop));
        let number = number.or(chain_number(followed.as_ref()));
        Ok(RequestIndex {
            run: run.map(Arc::from),
            request_number: number.unwrap_or_else(|| counters.count(run, key)),
            followed,
        })
    }

    /// The number of the request that began the chain of redirects: this request, unless it follows a redirect.
    pub(crate) fn chain_number(&self) -> u64 {
        chain_number(self.followed.as_ref()).unwrap_or(self.request_number)
    }
}

fn chain_number(followed: Option<&FollowedRedirect>) -> Option<u64> {
    followed.map(|redirect| redirect.hop.request_number)
}

fn run_name(value: &HeaderValue) -> Result<&str, SpecError> {
    let readable = value
        .to_str()
        .ok()
        .filter(|name| (1..=MAX_RUN_NAME).contains(&name.len()));
    let expected = || format!("expected a name of 1 to {MAX_RUN_NAME} printable ASCII characters");
    readable.ok_or_else(|| SpecError::rule(expected()).within(RUN_HEADER))
}

fn request_number(value: &HeaderValue) -> Result<u64, SpecError> {
    let rule = match whole_number(value.to_str().unwrap_or_default()) {
        Some(0) => "n counts from 1; the first request is 1",
        Some(number) => return Ok(number),
        None => "expected a whole number from 1",
    };
    let got = value.as_bytes().escape_ascii().to_string();
    Err(SpecError::violation(rule, &got).within(REQUEST_NUMBER_HEADER))
}

impl RequestCounters {
    /// Remembers that a request of the chain that began as `start` is redirected to the request with `remaining` redirects
    /// still to come, and returns the latter.
    pub(crate) fn expect_hop(
        &self,
        index: &RequestIndex,
        key: &FateKey,
        remaining: RemainingHops,
        start: ChainStart,
    ) -> Hop {
        let hop = Hop {
            request_number: index.chain_number(),
            remaining,
        };
        let sent = FollowedRedirect { hop, start };
        self.redirects.insert(index.run.as_deref(), key, sent);
        hop
    }

    /// Makes the redirect that a request followed one that can be followed again, because a limit rejects the request.
    pub(crate) fn keep_redirect(&self, index: &RequestIndex, key: &FateKey) {
        if let Some(followed) = &index.followed {
            self.redirects
                .insert(index.run.as_deref(), key, followed.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderName};
    use std::time::Duration;

    fn start() -> ChainStart {
        ChainStart {
            rule: "outage".into(),
            delay: Duration::ZERO,
            fault: None,
        }
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |&(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), value.parse().unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    fn assign(counters: &RequestCounters, headers: &HeaderMap) -> Result<RequestIndex, SpecError> {
        let fields = RequestFields::find(headers)?;
        RequestIndex::assign(counters, &fields, &FateKey::from_path("/"), None)
    }

    fn number(counters: &RequestCounters, pairs: &[(&'static str, &str)]) -> u64 {
        assign(counters, &headers(pairs)).unwrap().request_number
    }

    #[test]
    fn a_number_that_the_client_gives_is_not_counted() {
        let counters = RequestCounters::default();
        let run = (RUN_HEADER, "a");
        assert_eq!(number(&counters, &[(REQUEST_NUMBER_HEADER, "41")]), 41);
        assert_eq!(number(&counters, &[run, (REQUEST_NUMBER_HEADER, "7")]), 7);
        assert_eq!([number(&counters, &[]), number(&counters, &[run])], [1, 1]);
    }

    #[test]
    fn fields_that_cannot_be_read_are_refused_and_not_counted() {
        let counters = RequestCounters::default();
        let name = "flagpole-run: expected a name of 1 to 64 printable ASCII characters";
        let long = "x".repeat(MAX_RUN_NAME + 1);
        for (field, value, sentence) in [
            (
                REQUEST_NUMBER_HEADER,
                "-1",
                "flagpole-nth: expected a whole number from 1, got `-1`",
            ),
            (
                REQUEST_NUMBER_HEADER,
                "+1",
                "flagpole-nth: expected a whole number from 1, got `+1`",
            ),
            (
                REQUEST_NUMBER_HEADER,
                "",
                "flagpole-nth: expected a whole number from 1, got ``",
            ),
            (
                REQUEST_NUMBER_HEADER,
                "0",
                "flagpole-nth: n counts from 1; the first request is 1, got `0`",
            ),
            (RUN_HEADER, &long, name),
            (RUN_HEADER, "", name),
        ] {
            assert_eq!(
                assign(&counters, &headers(&[(field, value)]))
                    .unwrap_err()
                    .to_string(),
                sentence
            );
        }
        assert_eq!(number(&counters, &[]), 1);
    }

    #[test]
    fn only_a_request_that_follows_a_redirect_is_a_hop() {
        let counters = RequestCounters::default();
        let hop = Hop {
            request_number: 9,
            remaining: Some(0),
        };
        let key = FateKey::from_path("/x");
        let assign = |fields| {
            let headers = headers(fields);
            let fields = RequestFields::find(&headers).unwrap();
            let index = RequestIndex::assign(&counters, &fields, &key, Some(hop)).unwrap();
            (index.request_number, index.followed.is_some())
        };
        assert_eq!(assign(&[]), (1, false), "no redirect was sent");
        let start = start();
        let sent = FollowedRedirect { hop, start };
        counters.redirects.insert(None, &key, sent.clone());
        assert_eq!(assign(&[(RUN_HEADER, "a")]), (1, false), "not to this run");
        assert_eq!(assign(&[]), (9, true));
        assert_eq!(assign(&[]), (2, false), "the hop has been used");
        counters.redirects.insert(None, &key, sent);
        let given = &[(REQUEST_NUMBER_HEADER, "5")];
        assert_eq!(assign(given), (5, true), "the client's number stays");
    }

    #[test]
    fn a_hop_that_a_limit_rejects_stays_a_hop() {
        let (counters, key) = (RequestCounters::default(), FateKey::from_path("/x"));
        let first = assign_hop(&counters, &key, None);
        counters.expect_hop(&first, &key, Some(0), start());
        let hop = Hop {
            request_number: 1,
            remaining: Some(0),
        };
        let rejected = assign_hop(&counters, &key, Some(hop));
        counters.keep_redirect(&rejected, &key);
        let repeated = assign_hop(&counters, &key, Some(hop));
        assert_eq!(repeated.chain_number(), 1);
        let start = start();
        assert_eq!(repeated.followed, Some(FollowedRedirect { hop, start }));
    }

    fn assign_hop(counters: &RequestCounters, key: &FateKey, hop: Option<Hop>) -> RequestIndex {
        RequestIndex::assign(counters, &RequestFields::default(), key, hop).unwrap()
    }
}
