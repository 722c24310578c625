//! Numbers the requests for each key, from 1.
//!
//! The server counts by itself, over all workers of a listener. A client that wants fates that do
//! not depend on who else asks names its run, which is counted apart, or names n itself.

use flagpole_protocol::FateKey;
use flagpole_protocol::headers::{MAX_RUN_NAME, REQUEST_NUMBER_HEADER, RUN_HEADER};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

static RUN_FIELD: HeaderName = HeaderName::from_static(RUN_HEADER);
static NTH_HEADER: HeaderName = HeaderName::from_static(REQUEST_NUMBER_HEADER);

/// How many named runs are remembered; the oldest is forgotten first and, if it comes back, starts
/// again. One takes some 16 bytes for each key it asks for, of which there are [`FateKey::COUNT`].
const RUNS: usize = 512;

/// Which request this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestIndex {
    /// The run that the client named.
    pub(crate) run: Option<Arc<str>>,
    /// The number of the request for its key, from 1.
    pub(crate) request_number: u64,
}

/// The counts of one listener.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    unnamed: Count,
    runs: Mutex<Runs>,
}

#[derive(Debug)]
struct Count(Box<[AtomicU64]>);

#[derive(Debug, Default)]
struct Runs {
    counts: HashMap<Arc<str>, HashMap<FateKey, u64>>,
    oldest_first: VecDeque<Arc<str>>,
}

impl Counts {
    /// Counts a request.
    ///
    /// # Errors
    /// The sentence for the client if one of flagpole's headers can not be read; nothing is counted.
    pub(crate) fn place(&self, headers: &HeaderMap, key: FateKey) -> Result<RequestIndex, String> {
        let run = only(headers, &RUN_FIELD)?.map(run_name).transpose()?;
        let nth = only(headers, &NTH_HEADER)?.map(nth).transpose()?;
        let Some(name) = run else {
            let n = nth.unwrap_or_else(|| self.unnamed.next(key));
            return Ok(RequestIndex {
                run: None,
                request_number: n,
            });
        };
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let (run, n) = runs.place(name, key, nth);
        Ok(RequestIndex {
            run: Some(run),
            request_number: n,
        })
    }
}

impl Default for Count {
    fn default() -> Self {
        Count((0..FateKey::COUNT).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Count {
    fn next(&self, key: FateKey) -> u64 {
        self.0[key.index()].fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Runs {
    /// Counts a request of a run, unless it says itself which it is.
    fn place(&mut self, name: &str, key: FateKey, nth: Option<u64>) -> (Arc<str>, u64) {
        let run = match self.counts.get_key_value(name) {
            Some((run, _)) => run.clone(),
            None => self.remember(name),
        };
        let n = nth.unwrap_or_else(|| {
            let count = self
                .counts
                .entry(run.clone())
                .or_default()
                .entry(key)
                .or_default();
            *count += 1;
            *count
        });
        (run, n)
    }

    fn remember(&mut self, name: &str) -> Arc<str> {
        if self.oldest_first.len() == RUNS
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.counts.remove(&oldest);
        }
        let run: Arc<str> = name.into();
        self.oldest_first.push_back(run.clone());
        self.counts.insert(run.clone(), HashMap::new());
        run
    }
}

/// The field of this name, if there is one.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h HeaderValue>, String> {
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

fn nth(value: &HeaderValue) -> Result<u64, String> {
    let digits = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number: Option<u64> = value
        .to_str()
        .ok()
        .filter(digits)
        .and_then(|text| text.parse().ok());
    let expected = match number {
        Some(1..) => "",
        Some(0) => "n counts from 1; the first request is 1",
        None => "expected a whole number from 1",
    };
    number.filter(|&number| number > 0).ok_or_else(|| {
        let got = value.as_bytes().escape_ascii();
        format!("{REQUEST_NUMBER_HEADER}: {expected}, got `{got}`")
    })
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

    fn n(counts: &Counts, pairs: &[(&'static str, &str)]) -> u64 {
        counts
            .place(&headers(pairs), FateKey::Other)
            .unwrap()
            .request_number
    }

    #[test]
    fn the_server_counts_from_one() {
        let counts = Counts::default();
        assert_eq!(
            [n(&counts, &[]), n(&counts, &[]), n(&counts, &[])],
            [1, 2, 3]
        );
    }

    #[test]
    fn a_new_run_starts_again_and_leaves_the_others_alone() {
        let counts = Counts::default();
        let (a, b) = ([(RUN_HEADER, "a")], [(RUN_HEADER, "b")]);
        assert_eq!([n(&counts, &a), n(&counts, &a), n(&counts, &b)], [1, 2, 1]);
        assert_eq!([n(&counts, &[]), n(&counts, &a)], [1, 3]);
    }

    #[test]
    fn a_client_may_name_n_itself_without_being_counted() {
        let counts = Counts::default();
        assert_eq!(n(&counts, &[(REQUEST_NUMBER_HEADER, "41")]), 41);
        assert_eq!(
            n(&counts, &[(RUN_HEADER, "a"), (REQUEST_NUMBER_HEADER, "7")]),
            7
        );
        assert_eq!([n(&counts, &[]), n(&counts, &[(RUN_HEADER, "a")])], [1, 1]);
    }

    #[test]
    fn a_million_made_up_runs_cost_no_memory() {
        let counts = Counts::default();
        for run in 0..1_000_000 {
            n(&counts, &[(RUN_HEADER, &run.to_string())]);
        }
        let runs = counts.runs.lock().unwrap();
        assert_eq!((runs.counts.len(), runs.oldest_first.len()), (RUNS, RUNS));
        drop(runs);
        assert_eq!(
            n(&counts, &[(RUN_HEADER, "999999")]),
            2,
            "a recent run is remembered"
        );
        assert_eq!(
            n(&counts, &[(RUN_HEADER, "0")]),
            1,
            "a forgotten one starts again"
        );
    }

    #[test]
    fn headers_that_can_not_be_read_are_refused() {
        let counts = Counts::default();
        let refused = |pairs| counts.place(&headers(pairs), FateKey::Other).unwrap_err();
        assert_eq!(
            refused(&[(REQUEST_NUMBER_HEADER, "-1")]),
            "flagpole-nth: expected a whole number from 1, got `-1`"
        );
        assert_eq!(
            refused(&[(REQUEST_NUMBER_HEADER, "0")]),
            "flagpole-nth: n counts from 1; the first request is 1, got `0`"
        );
        let long = "x".repeat(MAX_RUN_NAME + 1);
        assert_eq!(
            counts
                .place(&headers(&[(RUN_HEADER, &long)]), FateKey::Other)
                .unwrap_err(),
            "flagpole-run: expected a name of 1 to 64 printable ASCII characters"
        );
        assert!(
            counts
                .place(&headers(&[(RUN_HEADER, "")]), FateKey::Other)
                .is_err()
        );
        let mut twice = headers(&[(REQUEST_NUMBER_HEADER, "1")]);
        twice.append(REQUEST_NUMBER_HEADER, HeaderValue::from_static("2"));
        let several = counts.place(&twice, FateKey::Other).unwrap_err();
        assert_eq!(several, "flagpole-nth: expected one field, got several");
        assert_eq!(n(&counts, &[]), 1);
    }
}
