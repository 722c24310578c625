//! `no_iteration_completed`: all iterations of a scenario ended early.

use crate::human::grouped;
use crate::load::observed::ObservedLoad;
use crate::validity::ValidityIssue;

/// Invalid: the load was not that of the scenario, whose later steps were not requested.
pub(super) fn check(observed: &ObservedLoad) -> Option<ValidityIssue> {
    let iterations = observed.iterations.as_ref()?;
    if iterations.completed > 0 || iterations.failed == 0 {
        return None;
    }
    let worst = iterations.steps.iter().max_by_key(|step| step.ends())?;
    let message = format!(
        "no iteration was completed, {} failed, {} of them at step `{}`{}; correct the scenario, or see why the \
         server does not answer as expected",
        grouped(iterations.failed),
        grouped(worst.ends()),
        worst.name,
        (worst.first_reason.as_ref()).map_or_else(String::new, |reason| format!(": {reason}")),
    );
    let label = "no_iteration_completed";
    Some(ValidityIssue::invalid(label, message))
}
