//! Runs with known results, for tests.

use crate::bound::BoundTerms;
use crate::comparison::{Cell, Comparison, Environment, ResourceUsage, SCHEMA, Trial};
use crate::evaluation::{MeasuredCell, MeasuredStrategy};
use crate::validity::{LostTime, Validity};
use flagpole_protocol::{
    AttemptKind, AttemptRecord, MeasuredRun, Outcome, Resource, RunStats, ServerTiming,
};
use std::time::Duration;

/// An attempt with 10 bytes that was due and sent at 0; times in milliseconds.
pub(crate) fn record(done: u64, outcome: Outcome, planned: Option<u64>) -> AttemptRecord {
    let timing = planned.map(|ms| ServerTiming {
        planned: Duration::from_millis(ms),
        ..ServerTiming::default()
    });
    AttemptRecord {
        done: Duration::from_millis(done),
        bytes: 10,
        timing,
        ..AttemptRecord::new(Resource::Flag("BR".parse().unwrap()), outcome)
    }
}

/// A download as the server planned it; times in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ScenarioResponse {
    pub(crate) delay: u64,
    /// How long the body takes.
    pub(crate) pacing: u64,
    pub(crate) lateness: u64,
    /// How long the request waited for a permit of the concurrency limit.
    pub(crate) queued: u64,
    /// How much later than the server reports the first byte arrived.
    pub(crate) unreported: u64,
    /// How long the connection is silent after the response.
    pub(crate) pause: u64,
    /// The first attempt got a 503; after this backoff the retry succeeded.
    pub(crate) retry_after: Option<u64>,
}

impl ScenarioResponse {
    pub(crate) const fn after(delay: u64) -> ScenarioResponse {
        ScenarioResponse {
            delay,
            pacing: 0,
            lateness: 0,
            queued: 0,
            unreported: 0,
            pause: 0,
            retry_after: None,
        }
    }

    fn records(&self, download: usize) -> Vec<AttemptRecord> {
        let ms = Duration::from_millis;
        let actual = self.delay + self.lateness + self.queued;
        let first_byte = actual + self.unreported;
        let planned = record(first_byte + self.pacing, Outcome::Ok, Some(self.delay));
        let mut last = AttemptRecord {
            download,
            status: Some(200),
            first_byte: Some(ms(first_byte)),
            ..planned
        };
        let timing = last.timing.as_mut().expect("the delay is planned");
        (timing.actual, timing.queued) = (ms(actual), ms(self.queued));
        (timing.paced, timing.pause_after) = (ms(self.pacing), ms(self.pause));
        let Some(backoff) = self.retry_after else {
            return vec![last];
        };
        let failed = AttemptRecord {
            is_final: false,
            outcome: Outcome::Http(503),
            status: Some(503),
            ..last.clone()
        };
        let retry = AttemptRecord {
            attempt: last.attempt + 1,
            kind: AttemptKind::Retry,
            backoff: ms(backoff),
            ..last
        };
        vec![failed, retry]
    }
}

/// The records of a run in which every attempt is due and sent at 0.
pub(crate) fn run_of(responses: &[ScenarioResponse]) -> Vec<AttemptRecord> {
    let responses = (1..).zip(responses);
    let records = responses.map(|(download, response)| response.records(download));
    records.flatten().collect()
}

/// The records of a run with one download for each delay in milliseconds.
pub(crate) fn run_of_delays(delays: &[u64]) -> Vec<AttemptRecord> {
    let responses = delays.iter().map(|&ms| ScenarioResponse::after(ms));
    run_of(&responses.collect::<Vec<_>>())
}

/// A run of two downloads, one of which got a 500; times in milliseconds.
pub(crate) fn trial(strategy: &'static str, round: usize, wall: u64, bound: u64) -> Trial {
    let records = vec![
        record(50, Outcome::Ok, None),
        record(51, Outcome::Http(500), None),
    ];
    let mut stats = RunStats::default();
    for record in &records {
        stats.record(record);
    }
    Trial {
        program: None,
        terms: Some(BoundTerms {
            critical_path_us: 1000 * bound,
            ..BoundTerms::default()
        }),
        server: None,
        lost: LostTime::default(),
        round,
        position: 1,
        measured: MeasuredRun {
            strategy,
            concurrency: if strategy == "async" { 2 } else { 1 },
            wall: Duration::from_millis(wall),
            stats,
            records,
            timeout: None,
        },
        resource_usage: ResourceUsage {
            cpu_user_us: 2000,
            cpu_system_us: 1000,
            peak_memory_kib: 8192,
            peak_threads: 1,
            voluntary_context_switches: 20,
            involuntary_context_switches: 0,
        },
    }
}

/// A cell in which each strategy takes this many seconds, give or take 1%, and no figure is doubtful.
pub(crate) fn cell(strategies: &[(&'static str, f64)], rounds: usize) -> Cell {
    let measured = strategies
        .iter()
        .enumerate()
        .map(|(index, (name, seconds))| {
            let wall = |round: usize| {
                let noise = ((round * (index + 2)) % 7) as f64 / 300.0 - 0.01;
                Duration::from_secs_f64(seconds * (1.0 + noise))
            };
            MeasuredStrategy {
                name: (*name).to_owned(),
                trials: (1..=rounds)
                    .map(|round| {
                        let mut trial = trial(name, round, 0, 0);
                        trial.measured.wall = wall(round);
                        trial
                    })
                    .collect(),
                ..MeasuredStrategy::default()
            }
        });
    let mut cell = MeasuredCell {
        strategies: measured.collect(),
        ..MeasuredCell::default()
    }
    .evaluate();
    cell.verdict.reasons.clear();
    cell.verdict.unchecked.clear();
    cell.verdict.validity = Validity::Valid;
    cell
}

/// A comparison of these cells.
pub(crate) fn comparison(cells: Vec<Cell>) -> Comparison {
    Comparison {
        schema: SCHEMA,
        experiment: serde_json::Value::Null,
        environment: Environment::default(),
        measurement_overhead: None,
        cells,
        concurrency_curves: Vec::new(),
        thresholds: Vec::new(),
        baseline: Vec::new(),
        skipped: Vec::new(),
    }
}
