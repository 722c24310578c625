//! `interval_repeated`: intervals are in the logs more than once.

use super::process_names::whose;
use crate::human::plural;
use crate::load::process_figures::ProcessFigures;
use crate::validity::ValidityIssue;

/// Suspect: each interval counts once, but the logs are perhaps not those that were meant.
pub(super) fn check(processes: &[ProcessFigures]) -> Option<ValidityIssue> {
    let affected = processes.iter().filter(|one| one.repeated_intervals > 0);
    let affected: Vec<_> = affected.collect();
    let first = affected.first()?;
    let message = format!(
        "{}{} came more than once, and count once; give each log once: that of a master has those of its workers",
        whose(&affected, processes.len()),
        plural(first.repeated_intervals, "interval"),
    );
    Some(ValidityIssue::suspect("interval_repeated", message))
}
