//! `aborted`, `interrupted`, `server_gone`: the run ended before all that was asked for.

use crate::human::HumanDuration;
use crate::load::observed::ObservedLoad;
use crate::load::stop_reason::StopReason;
use crate::validity::ValidityIssue;

/// Suspect: the figures are those of a shorter run. Invalid if the server was gone: they are no figures of the load that
/// was asked for.
pub(super) fn check(observed: &ObservedLoad) -> Option<ValidityIssue> {
    let after = HumanDuration(observed.elapsed);
    match &observed.stop {
        StopReason::Completed => None,
        StopReason::Aborted { message } => {
            let message = format!("the run was aborted after {after}: {message}");
            Some(ValidityIssue::suspect("aborted", message))
        }
        StopReason::Interrupted => {
            let message =
                format!("the run was interrupted after {after}; the figures are of that time");
            Some(ValidityIssue::suspect("interrupted", message))
        }
        StopReason::ServerGone { message } => {
            let message = format!(
                "the server was gone after {after}: {message}; see why it stopped, and start it again"
            );
            Some(ValidityIssue::invalid("server_gone", message))
        }
    }
}
