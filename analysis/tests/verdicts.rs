//! The verdict that follows from recorded runs: the attempts of each strategy's median round, the rounds and the server's
//! ledger are judged again. `recorded_valid.json` is a valid comparison, `recorded.json` a suspect one; changes to the
//! valid one make it invalid.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use flagpole_analysis::comparison::{AttemptView, Cell, Comparison, RoundResult, StrategyResult};
use flagpole_analysis::validity::{
    ObservedCell, ObservedServer, ObservedStrategy, PlannedFates, Validity, Verdict, busy_time,
    compare_fates, first_mismatch, median_delay,
};
use flagpole_protocol::{AttemptRecord, Outcome, ServerTiming};
use serde_json::{from_value, json};
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

fn observed_strategy(strategy: &StrategyResult, cores: usize) -> ObservedStrategy {
    let records: Vec<_> = strategy.median_round_attempts.iter().map(record).collect();
    let fates = compare_fates(&[PlannedFates::from_records(&records)]).remove(0);
    let rounds = || strategy.rounds.iter();
    let busy = busy_time(&records);
    let threads = usize::try_from(strategy.resource_usage.peak_threads).unwrap();
    let efficiency = |round: &RoundResult| Some(round.bound_us? as f64 / round.wall_us as f64);
    ObservedStrategy {
        name: strategy.name.clone(),
        walls: rounds().map(|round| micros(round.wall_us)).collect(),
        cpu: Some(
            rounds()
                .map(|round| micros(round.resource_usage.cpu_us()))
                .sum(),
        ),
        cores: threads.clamp(1, cores),
        server_cpu: rounds().map(|round| round.server_cpu_us.map(micros)).sum(),
        busy: busy.map(|(busy, _)| busy),
        attempt_time: busy.map(|(_, took)| took),
        fates_digest: fates.digest,
        timing_dependent_attempts: fates.timing_dependent as u64,
        downloads: strategy.downloads(),
        policy: String::new(),
        mismatch: None,
        p99_lateness: rounds()
            .filter_map(|round| Some(Duration::from_secs_f64(round.lateness_p99_us? / 1e6)))
            .collect(),
        max_efficiency: rounds().filter_map(efficiency).max_by(f64::total_cmp),
    }
}

/// What the first cell of a document shows.
fn observed(comparison: &Comparison) -> ObservedCell {
    let (cell, cores): (&Cell, _) = (&comparison.cells[0], comparison.environment.cores);
    let records = |strategy: &StrategyResult| -> Vec<AttemptRecord> {
        strategy.median_round_attempts.iter().map(record).collect()
    };
    let round: Vec<_> = cell.strategies.iter().flat_map(records).collect();
    let median_delay = median_delay(&round);
    let mut strategies: Vec<_> = cell
        .strategies
        .iter()
        .map(|strategy| observed_strategy(strategy, cores))
        .collect();
    // The ledger has all rounds, with the warm-up round.
    let server = cell.server.as_ref().unwrap();
    let all = vec![round; cell.rounds + 1].concat();
    let mismatch = first_mismatch(&all, server.requests, &server.by_status);
    strategies[0].mismatch = mismatch.map(|mismatch| (1, mismatch));
    let requested = comparison.experiment["rounds"].as_u64().unwrap();
    ObservedCell {
        rounds: cell.rounds,
        requested_rounds: usize::try_from(requested).unwrap(),
        server: ObservedServer {
            median_delay,
            early_responses: server.early_responses,
        },
        strategies,
        cores,
        other_reasons: Vec::new(),
        unchecked: Vec::new(),
    }
}

fn verdict(comparison: &Comparison) -> Verdict {
    Verdict::for_cell(&observed(comparison))
}

/// The document also says which fates it compared.
#[test]
fn recorded_runs_give_the_verdict_that_was_recorded() {
    for (comparison, validity) in [(valid(), Validity::Valid), (suspect(), Validity::Suspect)] {
        let cell = &comparison.cells[0];
        assert_eq!(cell.verdict.validity, validity);
        assert_eq!(verdict(&comparison), cell.verdict);
        for (judged, recorded) in observed(&comparison)
            .strategies
            .iter()
            .zip(&cell.strategies)
        {
            let digest = judged.fates_digest.as_ref().map(ToString::to_string);
            assert_eq!(digest, recorded.fates_digest);
        }
    }
}

/// Each change to the valid comparison, and the only reason that it gives.
#[test]
fn valid_comparison_with_one_defect_is_invalid_or_suspect() {
    type Defect = fn(&mut Cell);
    let defects: [(&str, Validity, Defect); 8] = [
        ("early_responses", Validity::Invalid, |cell| {
            cell.server.as_mut().unwrap().early_responses = 1;
        }),
        ("ledger_mismatch", Validity::Invalid, |cell| {
            cell.server.as_mut().unwrap().requests += 1;
        }),
        ("fates_differ", Validity::Invalid, |cell| {
            cell.strategies[1].median_round_attempts[3].fault = Some("500".into());
        }),
        ("below_bound", Validity::Invalid, |cell| {
            cell.strategies[0].rounds[5].wall_us = 990_000;
        }),
        ("server_late", Validity::Invalid, |cell| {
            for round in &mut cell.strategies[1].rounds {
                round.lateness_p99_us = Some(101_000.0);
            }
        }),
        ("server_late", Validity::Suspect, |cell| {
            for round in &mut cell.strategies[1].rounds {
                round.lateness_p99_us = Some(26_000.0);
            }
        }),
        ("work_differs", Validity::Suspect, |cell| {
            (cell.strategies[1].ok, cell.strategies[1].error) = (350, 10);
        }),
        ("client_saturated", Validity::Suspect, |cell| {
            for round in &mut cell.strategies[1].rounds {
                round.resource_usage.cpu_user_us = 950_000;
            }
        }),
    ];
    for (label, validity, defect) in defects {
        let mut comparison = valid();
        defect(&mut comparison.cells[0]);
        let Verdict {
            validity: judged,
            reasons,
            ..
        } = verdict(&comparison);
        let labels: Vec<_> = reasons.iter().map(|reason| &*reason.label).collect();
        assert_eq!(
            (judged, &labels[..]),
            (validity, &[label][..]),
            "{reasons:?}"
        );
    }
}
