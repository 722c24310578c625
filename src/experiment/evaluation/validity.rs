//! Gathers the evidence about the figures of a cell, from which `flagpole_analysis::validity` derives a verdict.

use crate::experiment::runner::cell::CellTrials;
use crate::experiment::runner::conditions::CellConditions;
use crate::experiment::runner::environment::{cores, usable_cores};
use crate::experiment::runner::failure::connect_reasons;
use crate::experiment::spec::strategy_variant::StrategyVariant;
use crate::process::system_limits::resource_issue;
use anyhow::Result;
use flagpole_analysis::comparison::{StrategyResult, Trial};
use flagpole_analysis::stats::{effective_sample_size, required_samples};
use flagpole_analysis::validity::{
    FateComparison, FatesDigest, Mismatch, ObservedCell, ObservedServer, ObservedStrategy,
    PlannedFates, ValidityIssue, Verdict, busy_time, compare_fates, first_mismatch, median_delay,
};
use std::time::Duration;

/// The verdict on a cell. Adds the figures about fates, and the stalled rounds, to `results`.
pub(crate) fn verdict(
    conditions: &CellConditions<'_>,
    cell: &CellTrials,
    results: &mut [StrategyResult],
) -> Result<Verdict> {
    let mut compared = compare_trials(conditions, cell)?.into_iter();
    let server = observed_server(cell);
    let mut strategies = Vec::new();
    for (variant, trials) in conditions.variants.iter().zip(&cell.trials) {
        let compared: Vec<_> = compared.by_ref().take(trials.len()).collect();
        let Some(result) = results.iter_mut().find(|one| one.name == variant.name) else {
            continue;
        };
        let sum = |of: fn(&FateComparison) -> usize| compared.iter().map(of).sum::<usize>() as u64;
        result.fates_compared = sum(|one| one.attempts);
        result.timing_dependent = sum(|one| one.timing_dependent);
        result.stalled_rounds = stalled_rounds(trials, server);
        let fates = common_digest(compared);
        result.fates_digest = fates.as_ref().map(ToString::to_string);
        let evidence = observed_strategy(variant, result, trials, fates);
        let points = &mut result.percentiles;
        points.retain(|point| required_samples(point.quantile) <= evidence.samples);
        strategies.push(evidence);
    }
    Ok(Verdict::for_cell(&ObservedCell {
        rounds: cell.trials.iter().map(Vec::len).min().unwrap_or(0),
        requested_rounds: conditions.experiment.rounds.get(),
        server,
        cores: cores(),
        strategies,
        other_reasons: other_reasons(conditions, cell),
    }))
}

/// Why the cell was aborted, connections that could not be opened, and that no
/// download from an external server succeeded; with flagpole's own server the last can be intended.
fn other_reasons(conditions: &CellConditions<'_>, cell: &CellTrials) -> Vec<ValidityIssue> {
    let mut reasons = Vec::new();
    if let Some(abort) = &cell.abort_reason {
        reasons.push(ValidityIssue::invalid("aborted", abort.message.clone()));
        reasons.extend(resource_issue(abort.cause, "a trial was aborted"));
    }
    let records = || cell.all_trials().flat_map(|trial| &trial.measured.records);
    reasons.extend(connect_reasons(records));
    let has_downloads = cell.all_trials().any(|trial| trial.measured.stats.ok > 0);
    let is_external = conditions.experiment.url.is_some();
    if is_external && cell.abort_reason.is_none() && !has_downloads {
        let message = "no download succeeded; check --url".to_owned();
        reasons.push(ValidityIssue::invalid("no_downloads", message));
    }
    reasons
}

/// The fates of all trials, strategy by strategy. A fate is all that will happen to one response; only the fates that every
/// trial has are compared.
fn compare_trials(
    conditions: &CellConditions<'_>,
    cell: &CellTrials,
) -> Result<Vec<FateComparison>> {
    let mut all = Vec::new();
    for (variant, trials) in conditions.variants.iter().zip(&cell.trials) {
        let policy = variant.policy()?;
        // Under different policies only the first attempts of the downloads have the same fates.
        let first_only = policy.budget.is_some() || !conditions.experiment.policies.is_empty();
        for trial in trials {
            let fates = PlannedFates::from_records(&trial.measured.records);
            all.push(if first_only {
                fates.first_attempts_only()
            } else {
                fates
            });
        }
    }
    Ok(compare_fates(&all))
}

/// The digest that all rounds of a strategy share; if the digests differ, one that differs from the smallest, so that
/// strategies with different rounds do not appear equal.
fn common_digest(compared: Vec<FateComparison>) -> Option<FatesDigest> {
    let digests = compared.into_iter().filter_map(|one| one.digest);
    let mut digests: Vec<_> = digests.collect();
    digests.sort_unstable();
    let first = digests.first()?.clone();
    let other = digests.into_iter().find(|digest| *digest != first);
    Some(other.unwrap_or(first))
}

fn observed_strategy(
    variant: &StrategyVariant,
    result: &StrategyResult,
    trials: &[Trial],
    fates: Option<FatesDigest>,
) -> ObservedStrategy {
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
        name: variant.name.clone(),
        walls: trials.iter().map(|trial| trial.measured.wall).collect(),
        cpu: Some(Duration::from_micros(cpu_us.sum())),
        cores: trials.first().map_or(1, usable_cores),
        busy: busy.map(|(busy, _): (Duration, Duration)| busy),
        attempt_time: busy.map(|(_, took)| took),
        fates_digest: fates,
        server_cpu: server_cpu_us.sum::<Option<_>>().map(Duration::from_micros),
        mismatch: trials.iter().find_map(mismatch),
        p99_lateness: trials.iter().filter_map(lateness).collect(),
        max_efficiency: efficiencies.max_by(f64::total_cmp),
        timing_dependent_attempts: result.timing_dependent,
        downloads: result.downloads(),
        policy: variant.policy.describe().join(", "),
        samples: effective_sample_size(records().flatten()),
    }
}

fn observed_server(cell: &CellTrials) -> ObservedServer {
    let Some(summary) = &cell.server else {
        return ObservedServer::default();
    };
    let records = cell.all_trials().flat_map(|trial| &trial.measured.records);
    ObservedServer {
        median_delay: median_delay(records),
        early_responses: summary.early_responses,
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
