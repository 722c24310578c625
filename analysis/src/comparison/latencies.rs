//! Percentiles of latencies: of downloads and of attempts, apart for those that succeeded and those that failed.

use crate::stats::{QuantileInterval, effective_sample_size, required_samples};
use flagpole_protocol::{AttemptRecord, OutcomeClass, as_micros};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Latencies of downloads or attempts that ended alike, in all rounds together. A percentile that the sample cannot
/// support is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct Latencies {
    /// The number of latencies.
    pub count: u64,
    /// The number of [independent latencies](effective_sample_size), which decides what percentiles are supported.
    pub independent: u64,
    /// The median.
    pub p50: Option<Percentile>,
    /// The 90th percentile.
    pub p90: Option<Percentile>,
    /// The 95th percentile.
    pub p95: Option<Percentile>,
    /// The 99th percentile.
    pub p99: Option<Percentile>,
    /// The 99.9th percentile.
    pub p99_9: Option<Percentile>,
    /// The largest latency; null without latencies.
    pub max_us: Option<u64>,
}

/// A percentile, in microseconds: one of the latencies, never interpolated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Percentile {
    /// The latency.
    pub us: u64,
    /// The ends of the 95% confidence interval: latencies, by the order statistics of the independent ones. Null where
    /// they are too few for that end: the upper end of p99 needs 368, of p99.9 3,688.
    pub interval_us: [Option<u64>; 2],
}

/// Latencies apart by result, because a failure says nothing of how long a success takes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[non_exhaustive]
pub struct LatencyByResult {
    /// Of those that succeeded.
    pub succeeded: Latencies,
    /// Of those that failed or ended with 404.
    pub failed: Latencies,
}

/// A latency, and the record that says what its server planned.
type Sample<'a> = (Duration, &'a AttemptRecord);

impl Latencies {
    fn from_samples(samples: &[Sample<'_>]) -> Latencies {
        let mut latencies: Vec<u64> = samples.iter().map(|(time, _)| as_micros(*time)).collect();
        latencies.sort_unstable();
        let independent = effective_sample_size(samples.iter().map(|(_, record)| *record));
        let percentile = |quantile| {
            let is_supported = required_samples(quantile) <= independent;
            let us = nearest_rank(&latencies, quantile).filter(|_| is_supported)?;
            let QuantileInterval { low, high } = QuantileInterval::new(quantile, independent);
            let interval_us = [low, high].map(|level| nearest_rank(&latencies, level?));
            Some(Percentile { us, interval_us })
        };
        Latencies {
            count: latencies.len() as u64,
            independent,
            p50: percentile(0.5),
            p90: percentile(0.9),
            p95: percentile(0.95),
            p99: percentile(0.99),
            p99_9: percentile(0.999),
            max_us: latencies.last().copied(),
        }
    }
}

impl LatencyByResult {
    /// Download times in these runs: from when the first attempt of a download was due to the end of its final attempt,
    /// with backoff and all waits between its attempts. Downloads that did not end have none.
    pub fn of_downloads(runs: &[&[AttemptRecord]]) -> LatencyByResult {
        LatencyByResult::from_samples(downloads(runs))
    }

    /// Latencies of the attempts of these runs, each as `latency` gives it.
    pub fn of_attempts(
        runs: &[&[AttemptRecord]],
        latency: fn(&AttemptRecord) -> Duration,
    ) -> LatencyByResult {
        LatencyByResult::from_samples(attempts(runs, latency))
    }

    fn from_samples<'a>(samples: impl Iterator<Item = Sample<'a>>) -> LatencyByResult {
        let (succeeded, failed): (Vec<_>, Vec<_>) = samples.partition(has_succeeded);
        LatencyByResult {
            succeeded: Latencies::from_samples(&succeeded),
            failed: Latencies::from_samples(&failed),
        }
    }
}

/// The times of the successful downloads, sorted.
pub(super) fn downloads_us(runs: &[&[AttemptRecord]]) -> Vec<u64> {
    sorted_us(downloads(runs))
}

/// The latencies of the successful attempts, sorted.
pub(super) fn attempts_us(
    runs: &[&[AttemptRecord]],
    latency: fn(&AttemptRecord) -> Duration,
) -> Vec<u64> {
    sorted_us(attempts(runs, latency))
}

fn sorted_us<'a>(samples: impl Iterator<Item = Sample<'a>>) -> Vec<u64> {
    let succeeded = samples.filter(has_succeeded);
    let mut latencies: Vec<u64> = succeeded.map(|(time, _)| as_micros(time)).collect();
    latencies.sort_unstable();
    latencies
}

fn has_succeeded((_, record): &Sample<'_>) -> bool {
    record.outcome.class() == OutcomeClass::Ok
}

fn downloads<'a>(runs: &'a [&[AttemptRecord]]) -> impl Iterator<Item = Sample<'a>> {
    runs.iter().flat_map(|records| {
        let mut due: BTreeMap<usize, Duration> = BTreeMap::new();
        for record in *records {
            let first = due.entry(record.download).or_insert(record.due);
            *first = record.due.min(*first);
        }
        let ends = records
            .iter()
            .filter(|record| record.is_final && record.was_sent());
        ends.map(move |end| (end.done.saturating_sub(due[&end.download]), end))
    })
}

fn attempts<'a>(
    runs: &'a [&[AttemptRecord]],
    latency: fn(&AttemptRecord) -> Duration,
) -> impl Iterator<Item = Sample<'a>> {
    let records = runs.iter().flat_map(|records| records.iter());
    let records = records.filter(|record| record.was_sent());
    records.map(move |record| (latency(record), record))
}

/// The smallest of these sorted values such that at least this fraction (0 to 1) of all are not above it; `None` without
/// values.
pub(super) fn nearest_rank(sorted: &[u64], quantile: f64) -> Option<u64> {
    // A search, because a rank computed with `ceil` would need a lossy cast.
    let rank = (1..sorted.len()).find(|&rank| rank as f64 >= quantile * sorted.len() as f64);
    sorted
        .get(rank.unwrap_or(sorted.len()).checked_sub(1)?)
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_runs::record;
    use flagpole_protocol::{AttemptKind, Outcome};

    /// A download at a server with a full queue: a 503 after 1 ms, a backoff, and success.
    fn rejected_then_ok() -> Vec<AttemptRecord> {
        let rejected = AttemptRecord {
            is_final: false,
            ..record(1, Outcome::Http(503), None)
        };
        let retry = AttemptRecord {
            attempt: 2,
            kind: AttemptKind::Retry,
            due: Duration::from_secs(2),
            sent: Duration::from_secs(2),
            ..record(2020, Outcome::Ok, None)
        };
        vec![rejected, retry]
    }

    #[test]
    fn download_time_counts_failed_attempts_and_backoff() {
        let run = rejected_then_ok();
        let runs = [&run[..]; 5];
        let downloads = LatencyByResult::of_downloads(&runs);
        assert_eq!(downloads.succeeded.p50.unwrap().us, 2_020_000);
        assert_eq!(downloads.failed.count, 0);
        let attempts = LatencyByResult::of_attempts(&runs, AttemptRecord::service_time);
        assert_eq!(attempts.succeeded.p50.unwrap().us, 20_000);
        assert_eq!(attempts.failed.p50.unwrap().us, 1_000);
    }

    /// The ranks of the median of 20 are 6 and 15. Rounds with the same delays are no new samples.
    #[test]
    fn intervals_follow_from_the_independent_latencies() {
        let download = |number: u64| AttemptRecord {
            request_number: number,
            ..record(number, Outcome::Ok, Some(number))
        };
        let run: Vec<_> = (1..=20).map(download).collect();
        for rounds in [1, 15] {
            let latencies = LatencyByResult::of_downloads(&vec![&run[..]; rounds]).succeeded;
            assert_eq!(latencies.independent, 20);
            let interval_us = latencies.p50.unwrap().interval_us;
            assert_eq!(interval_us, [Some(6000), Some(15_000)], "{rounds}");
        }
        let equal = |number| AttemptRecord {
            timing: None,
            ..download(number)
        };
        let run: Vec<_> = (1..=300).map(equal).collect();
        let latencies = LatencyByResult::of_downloads(&[&run]).succeeded;
        let p99 = latencies.p99.unwrap();
        assert_eq!((p99.us, p99.interval_us), (297_000, [Some(293_000), None]));
    }

    #[test]
    fn unsupported_percentile_is_none() {
        let run: Vec<_> = (1..=29).map(|ms| record(ms, Outcome::Ok, None)).collect();
        let latencies = LatencyByResult::of_downloads(&[&run]).succeeded;
        assert_eq!((latencies.count, latencies.independent), (29, 29));
        assert_eq!(latencies.p90.map(|p90| p90.us), Some(27_000));
        assert_eq!((latencies.p95, latencies.p99), (None, None));
        assert_eq!(latencies.max_us, Some(29_000));
    }
}
