//! `starts_apart`: the processes did not begin together.

use crate::human::HumanDuration;
use crate::load::asked::LoadModel;
use crate::load::observed::ObservedLoad;
use crate::load::process_figures::ProcessFigures;
use crate::validity::{Validity, ValidityIssue};
use flagpole_protocol::as_micros;

/// The difference that matters, in microseconds: that of a second of the time series.
const MIN_US: u64 = 1_000_000;
/// The part of the run above which the processes did not make the load together.
const INVALID_SHARE: f64 = 0.5;

/// Suspect: at the start and at the end, the load was lower. Workers of Locust begin when their master says so.
pub(super) fn check(
    observed: &ObservedLoad,
    processes: &[ProcessFigures],
) -> Option<ValidityIssue> {
    if are_together(processes) || matches!(observed.asked.model, LoadModel::Users { .. }) {
        return None;
    }
    let (first, last) = ends(processes)?;
    let apart = last.1 - first.1;
    let share = apart as f64 / as_micros(observed.window).max(1) as f64;
    let severity = if share > INVALID_SHARE {
        Validity::Invalid
    } else {
        Validity::Suspect
    };
    let message = format!(
        "process {} began {} after process {}, or their clocks differ; the load was lower at the start and at the end: \
         start the processes at the same time, and leave out the start by `--warm-up`",
        last.0.process,
        HumanDuration::from_micros(apart),
        first.0.process
    );
    Some(ValidityIssue::new(severity, "starts_apart", message))
}

/// Whether all processes began within a second.
pub(super) fn are_together(processes: &[ProcessFigures]) -> bool {
    ends(processes).is_none_or(|(first, last)| last.1 - first.1 <= MIN_US)
}

type Start<'a> = (&'a ProcessFigures, u64);

/// The first and the last start, by the common clock as far as it is known.
fn ends(processes: &[ProcessFigures]) -> Option<(Start<'_>, Start<'_>)> {
    let start = |one: &ProcessFigures| {
        let offset = one.clock_offset_us.unwrap_or(0);
        one.started_unix_us
            .saturating_add_signed(offset.saturating_neg())
    };
    let starts = processes.iter().map(|one| (one, start(one)));
    let first = starts.clone().min_by_key(|(_, start)| *start)?;
    let last = starts.max_by_key(|(_, start)| *start)?;
    Some((first, last))
}
