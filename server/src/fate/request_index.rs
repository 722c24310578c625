//! The number of a request for its key (normalised path): counted by the server, or given by the client.
//!
//! A client whose fates must not depend on other clients names its run, which has counters of its own, or gives the
//! number of each request.

use crate::fate::request_counters::RequestCounters;
use flagpole_protocol::{
    FateKey,
    headers::{MAX_RUN_NAME, REQUEST_NUMBER_HEADER, RUN_HEADER},
};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::sync::Arc;

static RUN_FIELD: HeaderName = HeaderName::from_static(RUN_HEADER);
static REQUEST_NUMBER_FIELD: HeaderName = HeaderName::from_static(REQUEST_NUMBER_HEADER);

/// The run and the number of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestIndex {
    /// The run that the client names in `Flagpole-Run`.
    pub(crate) run: Option<Arc<str>>,
    /// The number of the request for its key, from 1.
    pub(crate) request_number: u64,
}

impl RequestIndex {
    /// Counts a request, unless the client gives its number in `Flagpole-Nth`, or the request is a hop of a redirect
    /// fault: a hop has the number of the last request for its key, and uses up none.
    ///
    /// # Errors
    /// The sentence for the client, if `Flagpole-Run` or `Flagpole-Nth` cannot be read; the request is not counted then.
    pub(crate) fn assign(
        counters: &RequestCounters,
        headers: &HeaderMap,
        key: &FateKey,
        is_hop: bool,
    ) -> Result<RequestIndex, String> {
        let run = single_field(headers, &RUN_FIELD)?
            .map(run_name)
            .transpose()?;
        let number = single_field(headers, &REQUEST_NUMBER_FIELD)?;
        let number = number.map(request_number).transpose()?;
        Ok(RequestIndex {
            run: run.map(Arc::from),
            request_number: number.unwrap_or_else(|| {
                if is_hop {
                    counters.current(run, key)
                } else {
                    counters.count(run, key)
                }
            }),
        })
    }
}

fn single_field<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'h HeaderValue>, String> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(format!("{name}: expected one field, got several")),
    }
}

fn run_name(value: &HeaderValue) -> Result<&str, String> {
    let readable = value
        .to_str()
        .ok()
        .filter(|name| (1..=MAX_RUN_NAME).contains(&name.len()));
    readable.ok_or_else(|| {
        format!("{RUN_HEADER}: expected a name of 1 to {MAX_RUN_NAME} printable ASCII characters")
    })
}

fn request_number(value: &HeaderValue) -> Result<u64, String> {
    let text = value.to_str().unwrap_or_default();
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let expected = match text.parse() {
        Ok(0) => "n counts from 1; the first request is 1",
        Ok(number) if is_number => return Ok(number),
        _ => "expected a whole number from 1",
    };
    let got = value.as_bytes().escape_ascii();
    Err(format!("{REQUEST_NUMBER_HEADER}: {expected}, got `{got}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |&(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), value.parse().unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    fn assign(counters: &RequestCounters, headers: &HeaderMap) -> Result<RequestIndex, String> {
        RequestIndex::assign(counters, headers, &FateKey::from_path("/"), false)
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
                assign(&counters, &headers(&[(field, value)])).unwrap_err(),
                sentence
            );
        }
        let mut twice = headers(&[(REQUEST_NUMBER_HEADER, "1")]);
        twice.append(REQUEST_NUMBER_HEADER, HeaderValue::from_static("2"));
        let sentence = "flagpole-nth: expected one field, got several";
        assert_eq!(assign(&counters, &twice).unwrap_err(), sentence);
        assert_eq!(number(&counters, &[]), 1);
    }
}
