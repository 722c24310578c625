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
    let message = format!(
        "{}its log lacks {} of {}; merge the complete log, of which the process keeps a local copy",
        whose(&affected, processes.len()),
        plural(first.missing_intervals, "interval"),
        grouped(first.intervals + first.missing_intervals)
    );
    Some(ValidityIssue::invalid("interval_missing", message))
}
