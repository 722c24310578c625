//! `client_unknown`: a log is of another program, which does not say how its client did.

use super::process_names::whose;
use crate::load::process_figures::ProcessFigures;
use crate::validity::ValidityIssue;

/// Suspect: intervals of other programs have no numbers, so that missing ones are not seen, and nothing shows whether requests
/// started in time.
pub(super) fn check(processes: &[ProcessFigures]) -> Option<ValidityIssue> {
    let affected: Vec<_> = processes.iter().filter(|one| one.is_foreign).collect();
    affected.first()?;
    let message = format!(
        "{}its log is of another program: whether it is complete, and whether its client was late or lacked processor time, \
         cannot be judged",
        whose(&affected, processes.len())
    );
    Some(ValidityIssue::suspect("client_unknown", message))
}
