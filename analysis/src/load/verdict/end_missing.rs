//! `end_missing`: a log has no end, because its process was killed or the log was cut off.

use super::process_names::whose;
use crate::human::{HumanDuration, percent};
use crate::load::asked::LoadModel;
use crate::load::figures::LoadFigures;
use crate::load::observed::ObservedLoad;
use crate::load::process_figures::ProcessFigures;
use crate::validity::{Validity, ValidityIssue};
use flagpole_protocol::as_micros;

/// The part of the load that may be missing, as in `rate_not_reached`: above, the load is another one.
const INVALID_SHARE: f64 = 0.05;

/// Suspect: what the process had in flight is in no figure. Invalid if much of the load was not made. A master of Locust
/// gives the users of a lost worker to others.
pub(super) fn check(
    observed: &ObservedLoad,
    figures: &LoadFigures,
    processes: &[ProcessFigures],
) -> Option<ValidityIssue> {
    let affected: Vec<_> = processes
        .iter()
        .filter(|one| !one.has_end && !one.is_foreign)
        .collect();
    let first = affected.first()?;
    let (share, missing) = missing(observed, figures, &affected, processes).unwrap_or_default();
    let severity = if share > INVALID_SHARE {
        Validity::Invalid
    } else {
        Validity::Suspect
    };
    let planned = planned_us(observed, processes).map_or_else(String::new, |us| {
        format!(" of {}", HumanDuration::from_micros(us))
    });
    let message = format!(
        "{}its log ends after {}{planned} without an end: it was killed, or its log cut off{missing}; what it did after \
         that is in no figure",
        whose(&affected, processes.len()),
        HumanDuration::from_micros(first.logged_us),
    );
    Some(ValidityIssue::new(severity, "end_missing", message))
}

/// How long each process should have run after the warm-up, in microseconds; where only the number of requests is limited, as
/// long as those that have an end. `None` if it is not known.
fn planned_us(observed: &ObservedLoad, processes: &[ProcessFigures]) -> Option<u64> {
    let asked = &observed.asked;
    if matches!(asked.model, LoadModel::Users { .. }) {
        return None;
    }
    let duration = asked
        .duration_us
        .map(|us| us.saturating_sub(asked.warm_up_us));
    let is_any_whole = processes.iter().any(|one| one.has_end);
    duration.or_else(|| is_any_whole.then(|| as_micros(observed.window)))
}

/// The part of what was asked for that is missing, by time or, if that is less, by requests: a load ends with the first of
/// its limits. The text says which. `None` if what was asked for is not known.
fn missing(
    observed: &ObservedLoad,
    figures: &LoadFigures,
    affected: &[&ProcessFigures],
    processes: &[ProcessFigures],
) -> Option<(f64, String)> {
    let of_time = planned_us(observed, processes).map(|planned| {
        let lost = affected
            .iter()
            .map(|one| planned.saturating_sub(one.logged_us) as f64);
        let share = lost.sum::<f64>() / (planned.max(1) as f64 * processes.len() as f64);
        (share, "time of all processes is")
    });
    let of_requests = observed.asked.requests.map(|asked| {
        let lost = asked.saturating_sub(figures.requests);
        (lost as f64 / asked.max(1) as f64, "requests are")
    });
    let shares = of_time.into_iter().chain(of_requests);
    let (share, of) = shares.min_by(|(one, _), (other, _)| one.total_cmp(other))?;
    Some((share, format!(" ({} of the {of} missing)", percent(share))))
}
