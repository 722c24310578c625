//! Invalid and doubtful measurements (exit code 3), crossed thresholds and unexpected errors (exit code 1) of a comparison.

use super::baseline::match_cell;
use crate::experiment::runner::cell::CellTrials;
use crate::experiment::spec::experiment::Experiment;
use flagpole_analysis::comparison::{Comparison, ThresholdResult, ThresholdStatus};
use flagpole_analysis::validity::Validity;
use flagpole_protocol::{AttemptRecord, Outcome, OutcomeClass};

/// The reasons of this severity, without duplicates: some reasons occur in every cell. Why the comparison was aborted
/// comes first.
pub(crate) fn reasons(comparison: &Comparison, severity: Validity) -> Vec<String> {
    let cells = comparison.cells.iter();
    let issues = cells.flat_map(|cell| &cell.verdict.reasons);
    let mut issues: Vec<_> = issues.filter(|issue| issue.severity == severity).collect();
    issues.sort_by_key(|issue| !issue.is_aborted());
    let mut reasons: Vec<String> = Vec::new();
    for issue in issues {
        if !reasons.contains(&issue.message) {
            reasons.push(issue.message.clone());
        }
    }
    reasons
}

/// The judged thresholds (`--fail-if`), per cell.
pub(crate) fn judge_thresholds(
    experiment: &Experiment,
    comparison: &Comparison,
    baseline: Option<&Comparison>,
) -> Vec<ThresholdResult> {
    let mut results = Vec::new();
    for cell in &comparison.cells {
        let matches = baseline.map(|baseline| match_cell(comparison, baseline, cell));
        let matches = matches.unwrap_or_default();
        for threshold in &experiment.fail_if {
            let mut result = threshold.judge(cell, &matches);
            result.message = comparison.prefix(cell) + &result.message;
            results.push(result);
        }
    }
    results
}

/// The thresholds of this status.
pub(crate) fn thresholds(
    comparison: &Comparison,
    status: ThresholdStatus,
) -> Vec<&ThresholdResult> {
    let thresholds = comparison.thresholds.iter();
    thresholds.filter(|one| one.status == status).collect()
}

/// Whether a program or a download failed unexpectedly. Bad responses of flagpole's own server are intended faults; a server that
/// cannot be reached and a file that cannot be written are not.
pub(crate) fn has_unexpected_errors(cell: &CellTrials, is_own_server: bool) -> bool {
    let is_unexpected = |outcome: &Outcome| match outcome {
        Outcome::ConnectionRefused
        | Outcome::ConnectFailed { .. }
        | Outcome::WriteFailed { .. }
        | Outcome::Cancelled => true,
        outcome => !is_own_server && outcome.class() == OutcomeClass::Error,
    };
    let mut programs = cell.all_trials().filter_map(|trial| trial.program.as_ref());
    if programs.any(|program| !program.exit.is_success()) {
        return true;
    }
    let programs = cell.all_trials().filter(|trial| trial.program.is_some());
    let mut records = programs.flat_map(|trial| &trial.measured.records);
    if records.any(|record| record.is_final && is_unplanned_of_program(record)) {
        return true;
    }
    let mut records = cell.all_trials().flat_map(|trial| &trial.measured.records);
    records.any(|record| record.is_final && is_unexpected(&record.outcome))
}

/// Whether a program did not request a file, or did not wait for a response that would have ended by itself.
fn is_unplanned_of_program(record: &AttemptRecord) -> bool {
    let fault = record
        .timing
        .as_ref()
        .and_then(|timing| timing.fault.as_ref());
    match record.outcome {
        Outcome::Unsent => true,
        Outcome::Abandoned => fault.is_none(),
        _ => false,
    }
}
