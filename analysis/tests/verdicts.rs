//! The verdict that follows from recorded runs, which are evaluated again: every round with the attempts of the
//! strategy's median round. `recorded_valid.json` is a valid comparison, `recorded.json` a suspect one; changes to the
//! valid one make it invalid.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use flagpole_analysis::comparison::{
    AttemptView, Cell, Comparison, RoundResult, ServerSummary, StrategyResult, Trial,
};
use flagpole_analysis::evaluation::{MeasuredCell, MeasuredStrategy};
use flagpole_analysis::validity::Validity;
use flagpole_protocol::{AttemptRecord, MeasuredRun, Outcome, RunStats, ServerTiming};
use serde_json::{from_value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Recorded by `flagpole compare --flags 30 --latency 500ms --concurrency 15 --strategy threads,async --rounds 12
/// --result recorded_valid.json`.
fn valid() -> Comparison {
    serde_json::from_str(include_str!("recorded_valid.json")).unwrap()
}

fn suspect() -> Comparison {
    serde_json::from_str(include_str!("recorded.json")).unwrap()
}

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

fn record(view: &AttemptView) -> AttemptRecord {
    // Every recorded attempt has a status, which alone decides its outcome.
    let outcome = Outcome::from_status(view.status.unwrap());
    let mut record = AttemptRecord::new(view.resource.parse().unwrap(), outcome);
    (record.download, record.attempt) = (view.download, view.attempt);
    record.kind = from_value(json!(view.kind)).unwrap();
    (record.request_number, record.worker) = (view.n, view.worker);
    record.backoff = micros(view.backoff_us);
    (record.due, record.sent) = (micros(view.due_us), micros(view.sent_us));
    (record.done, record.status) = (micros(view.done_us), view.status);
    record.timing = view.planned_us.map(|planned| {
        let mut timing = ServerTiming::default();
        (timing.planned, timing.fault) = (micros(planned), view.fault.clone());
        timing
    });
    record
}

/// One round with these attempts, and a ledger that agrees with them.
fn trial(round: &RoundResult, concurrency: usize, records: &[AttemptRecord]) -> Trial {
    let mut by_status = BTreeMap::new();
    for status in records.iter().filter_map(|record| record.status) {
        *by_status.entry(status).or_default() += 1;
    }
    let server = ServerSummary {
        requests: records.len() as u64,
        by_status,
        delayed: records.len() as u64,
        lateness_p50_us: round.lateness_p50_us.unwrap(),
        lateness_p99_us: round.lateness_p99_us.unwrap(),
        cpu_us: round.server_cpu_us.unwrap(),
        ..ServerSummary::default()
    };
    Trial {
        program: None,
        round: round.round,
        position: round.position,
        measured: MeasuredRun {
            strategy: "recorded",
            concurrency,
            wall: micros(round.wall_us),
            timeout: None,
            stats: RunStats::from_records(records),
            records: records.to_vec(),
        },
        resource_usage: round.resource_usage,
        lost: round.lost,
        terms: None,
        server: Some(server),
    }
}

fn measured_strategy(strategy: &StrategyResult) -> MeasuredStrategy {
    let attempts = strategy.median_round_attempts.iter();
    let records: Vec<_> = attempts.map(record).collect();
    let rounds = strategy.rounds.iter();
    MeasuredStrategy {
        name: strategy.name.clone(),
        trials: rounds
            .map(|round| trial(round, strategy.concurrency, &records))
            .collect(),
        ..MeasuredStrategy::default()
    }
}

/// The trials of the first cell of a document.
fn measured(comparison: &Comparison) -> MeasuredCell {
    let cell = &comparison.cells[0];
    MeasuredCell {
        strategies: cell.strategies.iter().map(measured_strategy).collect(),
        requested_rounds: cell.rounds,
        server: cell.server.clone(),
        cores: comparison.environment.cores,
        ..MeasuredCell::default()
    }
}

/// The document also says which fates it compared.
#[test]
fn recorded_runs_give_the_verdict_that_was_recorded() {
    for (comparison, validity) in [(valid(), Validity::Valid), (suspect(), Validity::Suspect)] {
        let recorded = &comparison.cells[0];
        let evaluated = measured(&comparison).evaluate();
        assert_eq!(recorded.verdict.validity, validity);
        assert_eq!(evaluated.verdict, recorded.verdict);
        let digests = |cell: &Cell| -> Vec<_> {
            let strategies = cell.strategies.iter();
            strategies.map(|one| one.fates_digest.clone()).collect()
        };
        assert_eq!(digests(&evaluated), digests(recorded));
    }
}

/// Each change to the valid comparison, and the only reason that it gives.
#[test]
fn valid_comparison_with_one_defect_is_invalid_or_suspect() {
    type Defect = fn(&mut MeasuredCell);
    let defects: [(&str, Validity, Defect); 8] = [
        ("early_responses", Validity::Invalid, |cell| {
            cell.server.as_mut().unwrap().early_responses = 1;
        }),
        ("ledger_mismatch", Validity::Invalid, |cell| {
            ledger(&mut cell.strategies[0].trials[4]).requests += 1;
        }),
        ("fates_differ", Validity::Invalid, |cell| {
            let record = &mut cell.strategies[1].trials[4].measured.records[3];
            record.timing.as_mut().unwrap().fault = Some("500".into());
        }),
        ("below_bound", Validity::Invalid, |cell| {
            cell.strategies[0].trials[5].measured.wall = micros(990_000);
        }),
        ("server_late", Validity::Invalid, |cell| {
            for trial in &mut cell.strategies[1].trials {
                ledger(trial).lateness_p99_us = 101_000.0;
            }
        }),
        ("server_late", Validity::Suspect, |cell| {
            for trial in &mut cell.strategies[1].trials {
                ledger(trial).lateness_p99_us = 26_000.0;
            }
        }),
        ("work_differs", Validity::Suspect, |cell| {
            let stats = &mut cell.strategies[1].trials[0].measured.stats;
            (stats.ok, stats.error) = (20, 10);
        }),
        ("client_saturated", Validity::Suspect, |cell| {
            for trial in &mut cell.strategies[1].trials {
                trial.resource_usage.cpu_user_us = 950_000;
            }
        }),
    ];
    for (label, validity, defect) in defects {
        let mut cell = measured(&valid());
        defect(&mut cell);
        let verdict = cell.evaluate().verdict;
        let labels: Vec<_> = verdict
            .reasons
            .iter()
            .map(|reason| &*reason.label)
            .collect();
        assert_eq!(
            (verdict.validity, &labels[..]),
            (validity, &[label][..]),
            "{verdict:?}"
        );
    }
}

fn ledger(trial: &mut Trial) -> &mut ServerSummary {
    trial.server.as_mut().unwrap()
}
