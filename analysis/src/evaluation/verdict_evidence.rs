//! Gathers the evidence about the figures of a cell, from which [`Verdict::for_cell`] derives the verdict.

use super::fates;
use super::measured_cell::{MeasuredCell, MeasuredStrategy, usable_cores};
use crate::comparison::{StrategyResult, Trial};
use crate::validity::{
    FateComparison, Mismatch, ObservedCell, ObservedServer, ObservedStrategy, RoundDigests,
    Verdict, busy_time, common_digest, first_mismatch, median_delay,
};
use std::time::Duration;

/// The verdict on a cell. Adds the figures about fates, and the stalled rounds, to `results`.
pub(super) fn verdict(cell: &MeasuredCell, results: &mut [StrategyResult]) -> Verdict {
    let server = observed_server(cell);
    let mut strategies = Vec::new();
    let compared = fates::compare(&cell.strategies);
    for (measured, compared) in cell.strategies.iter().zip(&compared) {
        let Some(result) = results.iter_mut().find(|one| one.name == measured.name) else {
            continue;
        };
        let sum = |of: fn(&FateComparison) -> usize| compared.iter().map(of).sum::<usize>() as u64;
        result.fates_compared = sum(|one| one.attempts);
        result.timing_dependent = sum(|one| one.timing_dependent);
        result.stalled_rounds = stalled_rounds(&measured.trials, server);
        let fates = fates::digests(&measured.trials, compared);
        result.fates_digest = common_digest(&fates).map(ToString::to_string);
        for round in &mut result.rounds {
            round.fates_digest = fates.get(&round.round).map(ToString::to_string);
        }
        strategies.push(observed_strategy(measured, result, fates, cell.cores));
    }
    let rounds = cell.strategies.iter().map(|one| one.trials.len());
    Verdict::for_cell(&ObservedCell {
        rounds: rounds.min().unwrap_or(0),
        requested_rounds: cell.requested_rounds,
        server,
        cores: cell.cores,
        strategies,
        other_reasons: cell.other_reasons.clone(),
        unchecked: cell.unchecked.clone(),
    })
}

fn observed_strategy(
    measured: &MeasuredStrategy,
    result: &StrategyResult,
    fates: RoundDigests,
    cores: usize,
) -> ObservedStrategy {
    let trials = &measured.trials;
    let efficiencies = trials.iter().filter_map(Trial::efficiency);
    let cpu_us = trials.iter().map(|trial| trial.resource_usage.cpu_us());
    let server_cpu_us = trials
        .iter()
        .map(|trial| Some(trial.server.as_ref()?.cpu_us));
    let records = || trials.iter().map(|trial| &trial.measured.records);
    // The busy time of the workers and the time of their attempts, of all rounds; unknown if it is unknown of one.
    let sum = |(busy, took), (more_busy, more_took)| (busy + more_busy, took + more_took);
    let busy: Option<Vec<_>> = records().map(|records| busy_time(records)).collect();
    let busy = busy.and_then(|busy| busy.into_iter().reduce(sum));
    ObservedStrategy {
        name: measured.name.clone(),
        walls: trials.iter().map(|trial| trial.measured.wall).collect(),
        cpu: Some(Duration::from_micros(cpu_us.sum())),
        cores: trials.first().map_or(1, |trial| usable_cores(trial, cores)),
        busy: busy.map(|(busy, _): (Duration, Duration)| busy),
        attempt_time: busy.map(|(_, took)| took),
        fates,
        server_cpu: server_cpu_us.sum::<Option<_>>().map(Duration::from_micros),
        mismatch: trials.iter().find_map(mismatch),
        p99_lateness: trials.iter().filter_map(lateness).collect(),
        max_efficiency: efficiencies.max_by(f64::total_cmp),
        timing_dependent_attempts: result.timing_dependent,
        downloads: result.downloads(),
        policy: measured.policy.clone(),
    }
}

fn observed_server(cell: &MeasuredCell) -> ObservedServer {
    let Some(summary) = &cell.server else {
        return ObservedServer::default();
    };
    let trials = cell.strategies.iter().flat_map(|one| &one.trials);
    ObservedServer {
        median_delay: median_delay(trials.flat_map(|trial| &trial.measured.records)),
        early_responses: summary.early_responses,
        has_time_windows: cell.has_time_windows,
    }
}

fn lateness(trial: &Trial) -> Option<Duration> {
    Duration::try_from_secs_f64(trial.lateness_p99_us()? / 1e6).ok()
}

fn stalled_rounds(trials: &[Trial], server: ObservedServer) -> Vec<usize> {
    let is_stalled = |trial: &&Trial| lateness(trial).is_some_and(|p99| server.is_stalled(p99));
    let stalled = trials.iter().filter(is_stalled);
    stalled.map(|trial| trial.round).collect()
}

/// The round of the trial and the first difference between its records and the server's ledger.
fn mismatch(trial: &Trial) -> Option<(usize, Mismatch)> {
    let server = trial.server.as_ref()?;
    let records = &trial.measured.records;
    let mismatch = first_mismatch(records, server.requests, &server.by_status)?;
    Some((trial.round, mismatch))
}
