//! Gathers the evidence about the figures of a cell, from which [`Verdict::for_cell`] derives the verdict.

use super::fates;
use super::measured_cell::{MeasuredCell, MeasuredStrategy, usable_cores};
use crate::comparison::{StrategyResult, Trial};
use crate::validity::{
    LostWall, Mismatch, ObservedCell, ObservedStrategy, ResponseExcess, Verdict, busy_time,
    first_mismatch,
};
use std::ops::Add as _;
use std::time::Duration;

/// The verdict on a cell. Adds the figures about fates, and the stalled rounds, to `results`.
pub(super) fn verdict(cell: &MeasuredCell, results: &mut [StrategyResult]) -> Verdict {
    let mut strategies = Vec::new();
    let compared = fates::compare(cell);
    for (measured, compared) in cell.strategies.iter().zip(&compared) {
        let Some(result) = results.iter_mut().find(|one| one.name == measured.name) else {
            continue;
        };
        result.stalled_rounds = stalled_rounds(&measured.trials);
        let (fates, bodies) = fates::add(&measured.trials, compared, result);
        strategies.push(ObservedStrategy {
            fates,
            bodies,
            ..observed_strategy(measured, result, cell)
        });
    }
    Verdict::for_cell(&ObservedCell {
        rounds: completed_rounds(cell),
        requested_rounds: cell.requested_rounds,
        early_responses: cell
            .server
            .as_ref()
            .map_or(0, |server| server.early_responses),
        has_time_windows: cell.has_time_windows,
        has_unknown_delays: fates::has_unknown_delays(cell),
        is_overhead_measured: cell.overhead.is_some(),
        cores: cell.cores,
        strategies,
        other_reasons: cell.other_reasons.clone(),
        unchecked: cell.unchecked.clone(),
    })
}

/// The rounds with a trial of every strategy, without the warm-up round, which is evaluated if there is nothing else.
fn completed_rounds(cell: &MeasuredCell) -> usize {
    let is_measured = |trial: &&Trial| trial.round > 0;
    let rounds = cell.strategies.iter();
    let rounds = rounds.map(|one| one.trials.iter().filter(is_measured).count());
    rounds.min().unwrap_or(0)
}

fn observed_strategy(
    measured: &MeasuredStrategy,
    result: &StrategyResult,
    cell: &MeasuredCell,
) -> ObservedStrategy {
    let trials = &measured.trials;
    let efficiencies = trials.iter().filter_map(Trial::efficiency);
    let cpu_us = trials.iter().map(Trial::cpu_us);
    let server_cpu_us = trials
        .iter()
        .map(|trial| Some(trial.server.as_ref()?.cpu_us));
    let records = || trials.iter().map(|trial| &trial.measured.records);
    // The busy time of the workers and the time of their attempts, of all rounds; unknown if it is unknown of one.
    let sum = |(busy, took), (more_busy, more_took)| (busy + more_busy, took + more_took);
    let busy: Option<Vec<_>> = records().map(|records| busy_time(records)).collect();
    let busy = busy.and_then(|busy| busy.into_iter().reduce(sum));
    let lost = trials.iter().filter_map(Trial::lost_wall);
    ObservedStrategy {
        name: measured.name.clone(),
        walls: trials.iter().map(|trial| trial.measured.wall).collect(),
        cpu: Some(Duration::from_micros(cpu_us.sum())),
        cores: trials
            .first()
            .map_or(1, |trial| usable_cores(trial, cell.cores)),
        busy: busy.map(|(busy, _): (Duration, Duration)| busy),
        attempt_time: busy.map(|(_, took)| took),
        server_cpu: server_cpu_us.sum::<Option<_>>().map(Duration::from_micros),
        mismatch: trials.iter().find_map(mismatch),
        lateness: trials.iter().filter_map(Trial::lateness).collect(),
        has_server_timing: records().flatten().any(|record| record.timing.is_some()),
        lost: lost.reduce(LostWall::add),
        excess: records()
            .filter_map(|records| ResponseExcess::from_records(records, cell.overhead))
            .collect(),
        max_efficiency: efficiencies.max_by(f64::total_cmp),
        timing_dependent_attempts: result.timing_dependent,
        downloads: result.downloads(),
        policy: measured.policy.clone(),
        retries: result.retries,
        program: (result.program.as_ref()).map(|program| program.behaviour.clone()),
        ..ObservedStrategy::default()
    }
}

/// The rounds that are part of the figures although the machine stalled in them.
fn stalled_rounds(trials: &[Trial]) -> Vec<usize> {
    let stalled = trials.iter().filter(|trial| trial.stall().is_some());
    stalled.map(|trial| trial.round).collect()
}

/// The round of the trial and the first difference between its records and the server's ledger.
fn mismatch(trial: &Trial) -> Option<(usize, Mismatch)> {
    // The records of a program are made of the server's own journal, with which the runner compares the ledger.
    let server = trial.server.as_ref().filter(|_| trial.program.is_none())?;
    let records = &trial.measured.records;
    let mismatch = first_mismatch(records, server.requests, &server.by_status)?;
    Some((trial.round, mismatch))
}
