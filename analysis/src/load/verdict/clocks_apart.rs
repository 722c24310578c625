//! `clocks_apart`: the clock of a process differs much from the one that all processes have in common.

use super::process_names::whose;
use crate::human::HumanDuration;
use crate::load::process_figures::ProcessFigures;
use crate::validity::ValidityIssue;

/// The difference that matters, in microseconds: that of a second of the time series.
const MIN_US: u64 = 1_000_000;

/// Suspect: seconds are put together by the common clock, but times in other logs of that machine are wrong.
pub(super) fn check(processes: &[ProcessFigures]) -> Option<ValidityIssue> {
    let offset = |one: &ProcessFigures| one.clock_offset_us.unwrap_or(0);
    let mut affected: Vec<_> = processes
        .iter()
        .filter(|one| offset(one).unsigned_abs() > MIN_US)
        .collect();
    affected.sort_by_key(|one| std::cmp::Reverse(offset(one).unsigned_abs()));
    let first = *affected.first()?;
    let direction = if offset(first) > 0 { "ahead" } else { "behind" };
    let message = format!(
        "{}its clock is {} {direction}; the seconds of the run are corrected by that: set the clocks of all machines (NTP)",
        whose(&affected, processes.len()),
        HumanDuration::from_micros(offset(first).unsigned_abs())
    );
    Some(ValidityIssue::suspect("clocks_apart", message))
}
