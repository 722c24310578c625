//! `end_missing`: a log has no end, because its process was killed or the log was cut off.

use super::process_names::whose;
use crate::human::{HumanDuration, percent};
use crate::load::asked::LoadModel;
use crate::load::observed::ObservedLoad;
use crate::load::process_figures::ProcessFigures;
use crate::validity::{Validity, ValidityIssue};
use flagpole_protocol::as_micros;

/// The part of the time of all processes that may be missing, as in `rate_not_reached`: above, the load is another one.
const INVALID_SHARE: f64 = 0.05;

/// Suspect: what the process had in flight is in no figure. Invalid if much of the load was not made. A master of Locust
/// gives the users of a lost worker to others.
pub(super) fn check(
    observed: &ObservedLoad,
    processes: &[ProcessFigures],
) -> Option<ValidityIssue> {
    let affected: Vec<_> = processes
        .iter()
        .filter(|one| !one.has_end && !one.is_foreign)
        .collect();
    let first = affected.first()?;
    let window = as_micros(observed.window);
    let until = |one: &ProcessFigures| one.logged_us + one.starts_at_s * 1_000_000;
    let missing = affected.iter().map(|one| window.saturating_sub(until(one)));
    let missing = missing.sum::<u64>() as f64 / (window.max(1) as f64 * processes.len() as f64);
    let is_fixed = !matches!(observed.asked.model, LoadModel::Users { .. });
    let severity = if is_fixed && missing > INVALID_SHARE {
        Validity::Invalid
    } else {
        Validity::Suspect
    };
    let message = format!(
        "{}its log ends after {} of {} without an end: it was killed, or its log cut off ({} of the time of all processes \
         is missing); what it did after that is in no figure",
        whose(&affected, processes.len()),
        HumanDuration::from_micros(first.logged_us),
        HumanDuration(observed.window),
        percent(missing)
    );
    Some(ValidityIssue::new(severity, "end_missing", message))
}
