//! What the live view shows, as plain data.

use super::histogram::{self, Bar};
use flagpole_protocol::{LatencyStats, LoadStats, OutcomeClass};
use std::time::Duration;

/// A run at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LiveSnapshot {
    /// The targets.
    pub(crate) title: String,
    /// The model with its parameters: `closed, 50 connections`.
    pub(crate) model: String,
    pub(crate) phase: Phase,
    /// From the start of the run, or of the warm-up while it lasts.
    pub(crate) elapsed: Duration,
    pub(crate) length: RunLength,
    /// Requests that ended, without those of the warm-up.
    pub(crate) requests: u64,
    pub(crate) failures: u64,
    /// Requests that ended in the last interval, per second.
    pub(crate) rate: f64,
    /// The arrival rate that was asked for, per second; `None` in the closed model.
    pub(crate) asked_rate: Option<f64>,
    pub(crate) in_flight: u64,
    /// 99% of the attempts of the last interval were started no later than this.
    pub(crate) lateness_p99: Option<Duration>,
    /// Bytes of bodies in the last interval, per second.
    pub(crate) bytes_per_second: f64,
    /// Response times of the last interval.
    pub(crate) last: Percentiles,
    /// Response times of the whole run.
    pub(crate) all: Percentiles,
    pub(crate) histogram: Vec<Bar>,
    /// Most frequent first.
    pub(crate) outcomes: Vec<OutcomeRow>,
    /// Those of the last interval.
    pub(crate) last_outcomes: Vec<OutcomeRow>,
}

/// What a run does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    WarmUp,
    #[default]
    Running,
    Paused,
    /// No new request is made; those in flight are awaited.
    Ending,
}

/// When a run ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RunLength {
    Duration(Duration),
    Requests(u64),
    /// Until it is interrupted.
    #[default]
    Unlimited,
}

/// Response times of successes; `None` without any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Percentiles {
    pub(crate) p50: Option<Duration>,
    pub(crate) p90: Option<Duration>,
    pub(crate) p99: Option<Duration>,
    pub(crate) p999: Option<Duration>,
    pub(crate) max: Option<Duration>,
}

/// The requests with one outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutcomeRow {
    pub(crate) reason: String,
    pub(crate) count: u64,
    pub(crate) class: OutcomeClass,
}

impl LiveSnapshot {
    /// Takes over the figures of an interval of this length, and of the whole run.
    pub(crate) fn update(&mut self, last: &LoadStats, interval: Duration, all: &LoadStats) {
        let seconds = interval.as_secs_f64().max(1e-9);
        self.requests = all.requests() - all.unfinished();
        self.failures = all.failures();
        self.rate = (last.requests() - last.unfinished()) as f64 / seconds;
        self.bytes_per_second = last.bytes as f64 / seconds;
        self.lateness_p99 = last.lateness.quantile(0.99);
        self.last = Percentiles::new(&last.response_time());
        let response_time = all.response_time();
        self.all = Percentiles::new(&response_time);
        self.histogram = histogram::bars(&response_time);
        self.outcomes = outcomes(all);
        self.last_outcomes = outcomes(last);
    }

    /// The done part of the run, 0 to 1; `None` if it has no end.
    pub(super) fn done(&self) -> Option<f64> {
        let done = match self.length {
            RunLength::Duration(length) => self.elapsed.as_secs_f64() / length.as_secs_f64(),
            RunLength::Requests(count) => self.requests as f64 / count as f64,
            RunLength::Unlimited => return None,
        };
        Some(done.clamp(0.0, 1.0))
    }
}

impl Percentiles {
    pub(crate) fn new(times: &LatencyStats) -> Percentiles {
        Percentiles {
            p50: times.quantile(0.5),
            p90: times.quantile(0.9),
            p99: times.quantile(0.99),
            p999: times.quantile(0.999),
            max: times.max(),
        }
    }
}

fn outcomes(stats: &LoadStats) -> Vec<OutcomeRow> {
    let ended = stats.outcomes.values().filter(|times| !times.is_unfinished);
    let mut rows: Vec<_> = ended
        .map(|times| OutcomeRow {
            reason: times.reason.clone(),
            count: times.count(),
            class: times.class,
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.count));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::test_record::record;
    use flagpole_protocol::Outcome;

    #[test]
    fn unfinished_requests_are_in_no_count_of_ended_ones() {
        let mut stats = LoadStats::default();
        for outcome in [
            Outcome::Http(503),
            Outcome::Ok,
            Outcome::Ok,
            Outcome::Cancelled,
        ] {
            stats.record(&record(outcome, None));
        }
        let mut snapshot = LiveSnapshot::default();
        snapshot.update(&stats, Duration::from_millis(500), &stats);
        assert_eq!((snapshot.requests, snapshot.failures), (3, 1));
        assert!((snapshot.rate - 6.0).abs() < 1e-9);
        let rows = snapshot.outcomes.iter();
        let rows: Vec<_> = rows.map(|row| (row.reason.as_str(), row.count)).collect();
        assert_eq!(rows, [("ok", 2), ("503 Service Unavailable", 1)]);
    }
}
