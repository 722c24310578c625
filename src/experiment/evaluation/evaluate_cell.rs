//! Evaluates the trials of a cell, which is one combination of conditions of an experiment.

use crate::experiment::runner::cell::CellTrials;
use crate::experiment::runner::conditions::CellConditions;
use crate::experiment::runner::environment::cores;
use crate::experiment::runner::failure::connect_reasons;
use crate::experiment::runner::plan_predictor::has_time_windows;
use crate::process::system_limits::resource_issue;
use anyhow::Result;
use flagpole_analysis::bound::{ServerLimits, ServerRate};
use flagpole_analysis::comparison::{Cell, MeasurementOverhead, RepeatedRound, Trial};
use flagpole_analysis::evaluation::{MeasuredCell, MeasuredStrategy};
use flagpole_analysis::validity::ValidityIssue;
use flagpole_protocol::Outcome;
use flagpole_server::Bandwidth;
use flagpole_server::config::listener::Listener;
use std::time::Duration;

/// The results of all strategies, and the verdict.
pub(crate) fn evaluate_cell(
    conditions: &CellConditions<'_>,
    overhead: Option<&MeasurementOverhead>,
    mut cell: CellTrials,
) -> Result<Cell> {
    let listener = conditions.listener()?;
    use_unmeasured_trials(&mut cell);
    let other_reasons = other_reasons(conditions, &cell);
    let repeated_rounds = repeated_rounds(conditions, &cell.repeated);
    let mut strategies = Vec::new();
    for (variant, trials) in conditions.variants.iter().zip(cell.trials) {
        let policy = variant.policy()?;
        let limits_retries = policy.budget.is_some() || policy.retry.max_time.is_some();
        strategies.push(MeasuredStrategy {
            name: variant.name.clone(),
            policy: variant.policy.describe().join(", "),
            // A program follows a policy that flagpole does not know.
            compares_first_attempts_only: limits_retries
                || conditions.has_programs()
                || !conditions.experiment.policies.is_empty(),
            trials,
        });
    }
    let measured = MeasuredCell {
        conditions: conditions.as_pairs(listener.as_ref()),
        strategies,
        reference: conditions.experiment.reference.clone(),
        requested_rounds: conditions.experiment.rounds.get(),
        order: cell.order,
        repeated_rounds,
        limits: listener.as_ref().map(server_limits).unwrap_or_default(),
        has_time_windows: listener.as_ref().is_some_and(has_time_windows),
        server: cell.server,
        cores: cores(),
        overhead: overhead.map(|overhead| Duration::from_micros(overhead.p50_us)),
        other_reasons,
        unchecked: Vec::new(),
    };
    Ok(measured.evaluate())
}

/// The trials because of which rounds were repeated.
fn repeated_rounds(
    conditions: &CellConditions<'_>,
    repeated: &[(usize, Trial)],
) -> Vec<RepeatedRound> {
    let stalled = repeated.iter().filter_map(|(index, trial)| {
        let reason = trial.stall()?;
        Some(RepeatedRound {
            round: trial.round,
            strategy: conditions.variants[*index].name.clone(),
            label: reason.label().to_owned(),
            message: reason.to_string(),
        })
    });
    let mut rounds: Vec<_> = stalled.collect();
    rounds.sort_by_key(|repeated| repeated.round);
    rounds
}

/// Why the cell was aborted, connections that could not be opened, and that no download from an external server
/// succeeded; with flagpole's own server the last can be intended.
fn other_reasons(conditions: &CellConditions<'_>, cell: &CellTrials) -> Vec<ValidityIssue> {
    let mut reasons = Vec::new();
    if let Some(abort) = &cell.abort_reason {
        reasons.push(ValidityIssue::aborted(abort.message.clone()));
        reasons.extend(resource_issue(abort.cause, "a trial was aborted"));
    }
    for problem in &cell.journal_problems {
        let issue = ValidityIssue::invalid("journal_incomplete", problem.clone());
        reasons.push(issue);
    }
    let records = || cell.all_trials().flat_map(|trial| &trial.measured.records);
    reasons.extend(connect_reasons(records));
    let has_downloads = cell.all_trials().any(|trial| trial.measured.stats.ok > 0);
    let is_external = conditions.experiment.url.is_some();
    if is_external && cell.abort_reason.is_none() && !has_downloads {
        // Other bodies than those of the flags, or none at these paths.
        let has_other_files =
            records().any(|record| matches!(record.outcome, Outcome::Corrupt | Outcome::NotFound));
        let remedy = match conditions.experiment.urls {
            Some(_) => "check --url and --urls",
            None if has_other_files => {
                "the server does not have flagpole's files; list its paths with --urls"
            }
            None => "check --url",
        };
        let message = format!("no download succeeded; {remedy}");
        reasons.push(ValidityIssue::invalid("no_downloads", message));
    }
    reasons
}

/// If no measured round has a trial, uses the trials of the warm-up round and the aborted trial.
fn use_unmeasured_trials(cell: &mut CellTrials) {
    if !cell.trials.iter().all(Vec::is_empty) {
        return;
    }
    for (index, trial) in cell.unmeasured.drain(..) {
        if cell.trials[index].is_empty() && trial.measured.stats.attempts() > 0 {
            cell.trials[index].push(trial);
        }
    }
}

fn server_limits(listener: &Listener) -> ServerLimits {
    ServerLimits {
        concurrency: listener.concurrency_limit.map(|limit| limit as usize),
        rate: listener.rate_limit.map(|limit| ServerRate {
            per_second: limit.per_second(),
            burst: limit.burst().into(),
        }),
        bytes_per_second: listener.bandwidth.map(Bandwidth::bytes_per_second),
    }
}
