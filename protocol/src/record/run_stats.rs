//! Statistics of a run. Their size does not depend on the length of the run; statistics of workers add up.

use super::attempt_record::{AttemptKind, AttemptRecord};
use super::latency_stats::LatencyStats;
use super::outcome::{Outcome, OutcomeClass};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::time::Duration;

/// The result of a measured run.
#[derive(Clone, Debug)]
pub struct MeasuredRun {
    /// The strategy's name.
    pub strategy: &'static str,
    /// The maximum number of requests in flight.
    pub concurrency: usize,
    /// From the start of the strategy to its end, with threads, runtimes and connections.
    pub wall: Duration,
    /// The time limit of an attempt.
    pub timeout: Option<Duration>,
    /// The statistics of all attempts.
    pub stats: RunStats,
    /// Every attempt, in the order of completion. Memory grows with the workload: suitable for a few thousand
    /// downloads, not for hours of load.
    pub records: Vec<AttemptRecord>,
}

/// Statistics of attempts and downloads. Latencies are of all attempts, failed ones included.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct RunStats {
    /// Downloads that succeeded.
    pub ok: u64,
    /// Downloads that ended with 404.
    pub not_found: u64,
    /// Downloads that failed.
    pub error: u64,
    /// Downloads of which an attempt was made.
    pub started: u64,
    /// Downloads that did not end, because the run was cancelled before they started or between two of their attempts.
    pub unstarted: u64,
    /// Attempts made because the previous one failed.
    pub retries: u64,
    /// Attempts made because the previous one took long.
    pub hedges: u64,
    /// Attempts made because the previous one was redirected.
    pub redirects: u64,
    /// How often the circuit breaker opened. Attempts do not say it: this is 0 until the end of the run.
    pub circuit_openings: u64,
    /// The backoff of all downloads together.
    pub backoff: Duration,
    /// Bytes of bodies that arrived, of all attempts.
    pub bytes: u64,
    /// Bytes of bodies that were discarded: see [`AttemptRecord::wasted_bytes`]. A partial body that was continued or
    /// retained for the next run does not count, nor does a flag whose metadata never arrived.
    pub wasted_bytes: u64,
    /// How often each outcome occurred, by its label.
    pub outcomes: BTreeMap<Cow<'static, str>, OutcomeCount>,
    /// Response times: from when each attempt was due to its end.
    pub response_time: LatencyStats,
    /// Service times: from when each attempt was sent to its end.
    pub service_time: LatencyStats,
}

/// How often an outcome occurred.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutcomeCount {
    /// Attempts with this outcome.
    pub attempts: u64,
    /// Downloads with this outcome.
    pub downloads: u64,
    /// What the outcome counts as.
    pub class: OutcomeClass,
    /// The reason for people. Of several reasons under one label the first in alphabetical order is kept, so that
    /// sums do not depend on their order.
    pub reason: String,
}

impl RunStats {
    /// Adds one attempt. A download of which no attempt was made has a record that counts as no attempt.
    pub fn record(&mut self, record: &AttemptRecord) {
        let (class, downloads) = (record.outcome.class(), u64::from(record.is_final));
        match class {
            OutcomeClass::Ok => self.ok += downloads,
            OutcomeClass::NotFound => self.not_found += downloads,
            // An intermediate outcome never ends a download.
            OutcomeClass::Error | OutcomeClass::Intermediate => self.error += downloads,
        }
        let attempts = u64::from(record.was_sent());
        self.started += u64::from(record.attempt == 1 && record.was_sent());
        match record.kind {
            AttemptKind::First | AttemptKind::Metadata | AttemptKind::Duplicate => {}
            AttemptKind::Retry => self.retries += 1,
            AttemptKind::Hedge => self.hedges += 1,
            AttemptKind::Redirect => self.redirects += 1,
        }
        self.backoff += record.backoff;
        self.bytes += record.bytes;
        self.wasted_bytes += record.wasted_bytes;
        if record.was_sent() {
            self.response_time.record(record.response_time());
            self.service_time.record(record.service_time());
        }
        let label = record.outcome.label();
        match self.outcomes.get_mut(&label) {
            // By far the most common case: its reason is fixed, so nothing is formatted.
            Some(known) if class == OutcomeClass::Ok => {
                known.attempts += 1;
                known.downloads += downloads;
            }
            _ => self.count(
                label,
                &OutcomeCount {
                    attempts,
                    downloads,
                    class,
                    reason: record.outcome.to_string(),
                },
            ),
        }
    }

    /// The statistics of these attempts.
    pub fn from_records<'a>(records: impl IntoIterator<Item = &'a AttemptRecord>) -> RunStats {
        let mut stats = RunStats::default();
        records.into_iter().for_each(|record| stats.record(record));
        stats
    }

    /// The number of attempts.
    pub fn attempts(&self) -> u64 {
        self.response_time.count()
    }

    /// The number of attempts that the circuit breaker did not hold back.
    pub fn requests(&self) -> u64 {
        let unsent = self.outcomes.get(&Outcome::CircuitOpen.label());
        self.attempts() - unsent.map_or(0, |count| count.attempts)
    }

    /// The number of downloads that ended.
    pub fn downloads(&self) -> u64 {
        self.ok + self.not_found + self.error
    }

    /// The number of downloads between two attempts when the run was cancelled.
    pub fn unfinished(&self) -> u64 {
        self.started.saturating_sub(self.downloads())
    }

    /// The statistics of a run of this many downloads, in which the downloads that did not end count as unstarted.
    pub fn for_downloads(self, downloads: usize) -> RunStats {
        RunStats {
            unstarted: downloads as u64 - self.downloads(),
            ..self
        }
    }

    fn count(&mut self, label: Cow<'static, str>, more: &OutcomeCount) {
        let known = self.outcomes.entry(label).or_insert_with(|| OutcomeCount {
            attempts: 0,
            downloads: 0,
            ..more.clone()
        });
        known.attempts += more.attempts;
        known.downloads += more.downloads;
        if more.reason < known.reason {
            known.reason.clone_from(&more.reason);
        }
    }
}

impl AddAssign<&RunStats> for RunStats {
    fn add_assign(&mut self, other: &RunStats) {
        self.ok += other.ok;
        self.not_found += other.not_found;
        self.error += other.error;
        self.started += other.started;
        self.unstarted += other.unstarted;
        self.retries += other.retries;
        self.hedges += other.hedges;
        self.redirects += other.redirects;
        self.circuit_openings += other.circuit_openings;
        self.backoff += other.backoff;
        self.bytes += other.bytes;
        self.wasted_bytes += other.wasted_bytes;
        for (label, count) in &other.outcomes {
            self.count(label.clone(), count);
        }
        self.response_time += &other.response_time;
        self.service_time += &other.service_time;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Resource;
    use crate::TimeoutKind;

    /// A first attempt of 10 bytes that took this many milliseconds.
    fn record(done: u64, outcome: Outcome) -> AttemptRecord {
        AttemptRecord {
            done: Duration::from_millis(done),
            bytes: 10,
            ..AttemptRecord::new(Resource::Flag("BR".parse().unwrap()), outcome)
        }
    }

    #[test]
    fn download_that_was_not_requested_failed_without_an_attempt() {
        let stats = RunStats::from_records(&[record(1, Outcome::Ok), record(0, Outcome::Unsent)]);
        assert_eq!((stats.ok, stats.error, stats.started), (1, 1, 1));
        assert_eq!((stats.attempts(), stats.requests()), (1, 1));
        assert_eq!(stats.outcomes["unsent"].attempts, 0);
    }

    #[test]
    fn status_500_is_an_error() {
        let stats = RunStats::from_records(&[
            record(1, Outcome::Ok),
            record(1, Outcome::NotFound),
            record(1, Outcome::Http(500)),
            record(1, Outcome::ConnectionReset),
        ]);
        assert_eq!(
            (stats.ok, stats.not_found, stats.error, stats.attempts()),
            (1, 1, 2, 4)
        );
        assert_eq!(stats.bytes, 40);
        assert_eq!(
            stats.outcomes["http_500"].reason,
            "500 Internal Server Error"
        );
    }

    #[test]
    fn retried_download_is_counted_once() {
        let failed = AttemptRecord {
            is_final: false,
            wasted_bytes: 10,
            ..record(1, Outcome::Http(503))
        };
        let retry = AttemptRecord {
            attempt: 2,
            kind: AttemptKind::Retry,
            backoff: Duration::from_millis(7),
            ..record(1, Outcome::Ok)
        };
        let stats = RunStats::from_records(&[failed, retry]);
        assert_eq!((stats.ok, stats.error, stats.attempts()), (1, 0, 2));
        assert_eq!(
            (stats.retries, stats.bytes, stats.wasted_bytes),
            (1, 20, 10)
        );
        assert_eq!(stats.backoff, Duration::from_millis(7));
        let count = &stats.outcomes["http_503"];
        assert_eq!((count.attempts, count.downloads), (1, 0));
        assert_eq!((stats.started, stats.unfinished()), (1, 0));
        assert_eq!(stats.for_downloads(3).unstarted, 2);
    }

    #[test]
    fn download_between_two_attempts_is_unfinished() {
        let waits = AttemptRecord {
            is_final: false,
            ..record(1, Outcome::Http(503))
        };
        let stats = RunStats::from_records(&[waits, record(1, Outcome::Ok)]).for_downloads(5);
        assert_eq!((stats.started, stats.unfinished()), (2, 1));
        assert_eq!((stats.downloads(), stats.unstarted), (1, 4));
    }

    #[test]
    fn latencies_include_failed_attempts() {
        let slow = record(
            900,
            Outcome::Timeout(TimeoutKind::Total, Duration::from_millis(900)),
        );
        let stats = RunStats::from_records(&[record(1, Outcome::Ok), slow]);
        assert_eq!(stats.response_time.max(), Some(Duration::from_millis(900)));
        assert_eq!(stats.response_time.count(), stats.attempts());
        assert_eq!(stats.service_time.count(), stats.attempts());
    }

    /// A long-tailed distribution with known percentiles: of 10,000,000 attempts the one of rank r, from the
    /// fastest, took 10^10 us / (10,000,001 - r). Half took up to 2 ms, 99.9% up to 1 s, the slowest 10,000 s.
    #[test]
    fn memory_is_bounded_and_percentiles_are_within_a_thousandth() {
        const ATTEMPTS: u64 = 10_000_000;
        let micros = |rank_from_slowest: u64| ATTEMPTS * 1000 / rank_from_slowest;
        let mut attempt = record(0, Outcome::Ok);
        let mut stats = RunStats::default();
        let mut allocated = 0;
        for n in 0..ATTEMPTS {
            // A permutation (the factor is coprime to 10) with the slowest first, so that the histogram is resized
            // once.
            attempt.done = Duration::from_micros(micros(1 + n * 7_368_787 % ATTEMPTS));
            stats.record(&attempt);
            if n == 1000 {
                allocated = stats.response_time.allocated() + stats.service_time.allocated();
            }
        }
        assert_eq!((stats.attempts(), stats.ok), (ATTEMPTS, ATTEMPTS));
        assert_eq!(
            stats.response_time.allocated() + stats.service_time.allocated(),
            allocated
        );
        assert_eq!(stats.outcomes.len(), 1);
        for per_million in [
            0, 1, 250_000, 500_000, 900_000, 990_000, 999_000, 999_999, 1_000_000,
        ] {
            let rank = (ATTEMPTS / 1_000_000 * per_million).max(1);
            let exact = micros(ATTEMPTS + 1 - rank) as f64;
            for latencies in [&stats.response_time, &stats.service_time] {
                let got = latencies.quantile(per_million as f64 / 1e6).unwrap();
                let off = got.as_secs_f64() * 1e6 / exact - 1.0;
                assert!(off.abs() <= 0.001, "{per_million}: {got:?}, off by {off}");
            }
        }
    }

    fn write_failed(message: &str) -> Outcome {
        Outcome::WriteFailed {
            message: message.into(),
        }
    }

    #[test]
    fn sums_do_not_depend_on_order() {
        let records = [
            record(1, Outcome::Ok),
            record(2, write_failed("b")),
            record(3, write_failed("a")),
            record(4, Outcome::Ok),
        ];
        for at in 0..=records.len() {
            let mut forward = RunStats::from_records(&records[..at]);
            forward += &RunStats::from_records(&records[at..]);
            let mut backward = RunStats::from_records(&records[at..]);
            backward += &RunStats::from_records(&records[..at]);
            assert_eq!(forward, RunStats::from_records(&records));
            assert_eq!(backward, RunStats::from_records(&records));
        }
    }
}
