//! Invalid and doubtful measurements (exit code 3), crossed thresholds and unexpected errors (exit code 1) of a comparison.

use crate::experiment::runner::cell::CellTrials;
use crate::experiment::spec::experiment::Experiment;
use flagpole_analysis::comparison::Comparison;
use flagpole_analysis::validity::Validity;
use flagpole_protocol::{Outcome, OutcomeClass};

/// The reasons of this severity, without duplicates: some reasons occur in every cell.
pub(crate) fn reasons(comparison: &Comparison, severity: Validity) -> Vec<String> {
    let cells = comparison.cells.iter();
    let issues = cells.flat_map(|cell| &cell.verdict.reasons);
    let mut reasons: Vec<String> = Vec::new();
    for issue in issues.filter(|issue| issue.severity == severity) {
        if !reasons.contains(&issue.message) {
            reasons.push(issue.message.clone());
        }
    }
    reasons
}

/// The crossed thresholds (`--fail-if`) as sentences, per cell.
pub(crate) fn crossed_thresholds(experiment: &Experiment, comparison: &Comparison) -> Vec<String> {
    let cells = comparison.cells.iter();
    let crossed = cells.flat_map(|cell| {
        let thresholds = experiment.fail_if.iter();
        let crossed = thresholds.filter_map(|threshold| threshold.crossed(cell));
        crossed.map(|crossed| comparison.prefix(cell) + &crossed)
    });
    crossed.collect()
}

/// Whether a download failed unexpectedly. Bad responses of flagpole's own server are intended faults; a server that
/// cannot be reached and a file that cannot be written are not.
pub(crate) fn has_unexpected_errors(cell: &CellTrials, is_own_server: bool) -> bool {
    let is_unexpected = |outcome: &Outcome| match outcome {
        Outcome::ConnectionRefused
        | Outcome::ConnectFailed { .. }
        | Outcome::WriteFailed { .. }
        | Outcome::Cancelled => true,
        outcome => !is_own_server && outcome.class() == OutcomeClass::Error,
    };
    let mut records = cell.all_trials().flat_map(|trial| &trial.measured.records);
    records.any(|record| record.is_final && is_unexpected(&record.outcome))
}
