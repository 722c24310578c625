//! `interval_missing`: a log lacks intervals, by their numbers.

use super::process_names::whose;
use crate::human::{grouped, plural};
use crate::load::process_figures::ProcessFigures;
use crate::validity::ValidityIssue;

/// Invalid: the requests of the missing intervals are in no figure.
pub(super) fn check(processes: &[ProcessFigures]) -> Option<ValidityIssue> {
    let affected = processes.iter().filter(|one| one.missing_intervals > 0);
    let affected: Vec<_> = affected.collect();
    let first = affected.first()?;
    // Workers write a log of their own beside what they send to their master.
    let remedy = if affected.iter().all(|one| !one.user_classes.is_empty()) {
        "merge the complete log, of which a worker keeps a local copy"
    } else {
        "merge the log as the process wrote it, or run the load again"
    };
    let message = format!(
        "{}its log lacks {} of {}; {remedy}",
        whose(&affected, processes.len()),
        grouped(first.missing_intervals),
        plural(
            first.intervals.saturating_add(first.missing_intervals),
            "interval"
        ),
    );
    Some(ValidityIssue::invalid("interval_missing", message))
}
