//! What the live page of a load run shows: a snapshot at most twice a second.

use super::live_view::snapshot::{LiveSnapshot, OutcomeRow, Percentiles, Phase, RunLength};
use flagpole_protocol::as_micros;
use flagpole_server::RunPage;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::{Duration, Instant, UNIX_EPOCH};

/// The least time between two snapshots.
pub(crate) const INTERVAL: Duration = Duration::from_millis(500);

/// Maximum number of outcomes of which each is counted separately.
const MAX_OUTCOMES: usize = 12;

/// The page of a run.
pub(crate) struct LoadPage<'a> {
    page: &'a RunPage,
    next: Instant,
}

/// What stays the same.
#[derive(Serialize)]
struct RunState<'a> {
    title: &'a str,
    model: &'a str,
    duration_ms: Option<u64>,
    requests: Option<u64>,
    asked_rate: Option<f64>,
}

/// The run at one moment.
#[derive(Serialize)]
struct RunSnapshot {
    /// Since the Unix epoch.
    at_ms: u64,
    elapsed_ms: u64,
    phase: &'static str,
    requests: u64,
    failures: u64,
    rate: f64,
    in_flight: u64,
    bytes_per_s: f64,
    lateness_p99: Option<u64>,
    last: PercentilesMicros,
    all: PercentilesMicros,
    /// Of the whole run.
    outcomes: BTreeMap<String, u64>,
    /// Of the last second.
    last_outcomes: BTreeMap<String, u64>,
}

/// In microseconds.
#[derive(Serialize)]
struct PercentilesMicros {
    p50: Option<u64>,
    p90: Option<u64>,
    p99: Option<u64>,
    p999: Option<u64>,
    max: Option<u64>,
}

impl LoadPage<'_> {
    /// Begins to show a run.
    pub(crate) fn start<'a>(page: &'a RunPage, run: &LiveSnapshot) -> LoadPage<'a> {
        page.set(&RunState {
            title: &run.title,
            model: &run.model,
            duration_ms: match run.length {
                RunLength::Duration(length) => Some(millis(length)),
                _ => None,
            },
            requests: match run.length {
                RunLength::Requests(count) => Some(count),
                _ => None,
            },
            asked_rate: run.asked_rate,
        });
        LoadPage {
            page,
            next: Instant::now(),
        }
    }

    /// Shows the run, unless it was shown just before.
    pub(crate) fn show(&mut self, run: &LiveSnapshot) {
        let now = Instant::now();
        // A little early, because the times of calls vary.
        if now + INTERVAL / 10 < self.next {
            return;
        }
        self.next = now + INTERVAL;
        self.page.push(&snapshot(run));
    }
}

fn snapshot(run: &LiveSnapshot) -> RunSnapshot {
    RunSnapshot {
        at_ms: millis(UNIX_EPOCH.elapsed().unwrap_or_default()),
        elapsed_ms: millis(run.elapsed),
        phase: match run.phase {
            Phase::WarmUp => "warm-up",
            Phase::Running => "running",
            Phase::Paused => "paused",
            Phase::Ending => "ending",
        },
        requests: run.requests,
        failures: run.failures,
        rate: run.rate,
        in_flight: run.in_flight,
        bytes_per_s: run.bytes_per_second,
        lateness_p99: run.lateness_p99.map(as_micros),
        last: micros(&run.last),
        all: micros(&run.all),
        outcomes: counts(&run.outcomes),
        last_outcomes: counts(&run.last_outcomes),
    }
}

fn millis(duration: Duration) -> u64 {
    as_micros(duration) / 1000
}

fn micros(times: &Percentiles) -> PercentilesMicros {
    PercentilesMicros {
        p50: times.p50.map(as_micros),
        p90: times.p90.map(as_micros),
        p99: times.p99.map(as_micros),
        p999: times.p999.map(as_micros),
        max: times.max.map(as_micros),
    }
}

/// The counts of the most frequent outcomes, and of the others together.
fn counts(rows: &[OutcomeRow]) -> BTreeMap<String, u64> {
    let (own, others) = rows.split_at(rows.len().min(MAX_OUTCOMES));
    let own = own.iter().map(|row| (row.reason.clone(), row.count));
    let mut counts: BTreeMap<_, _> = own.collect();
    if !others.is_empty() {
        let sum = others.iter().map(|row| row.count).sum();
        counts.insert(format!("{} other outcomes", others.len()), sum);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use flagpole_protocol::OutcomeClass;

    #[test]
    fn rare_outcomes_are_counted_together() {
        let rows: Vec<_> = (0..20)
            .map(|number| OutcomeRow {
                reason: format!("reason {number}"),
                count: 100 - number,
                class: OutcomeClass::Error,
            })
            .collect();
        let counts = counts(&rows);
        assert_eq!(counts.len(), MAX_OUTCOMES + 1);
        assert_eq!(counts["8 other outcomes"], (81..=88).sum::<u64>());
    }
}
