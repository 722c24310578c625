//! Whether all strategies met the same fates in all rounds. A fate is all that will happen to one response.

use super::observed::{ObservedCell, ObservedStrategy};
use super::round_digests::DigestDifference;
use super::verdict::ValidityIssue;

/// All strategies must have met the same fates in a round, and each the same in all rounds.
pub(super) fn fates_differ(cell: &ObservedCell) -> Option<ValidityIssue> {
    let strategies = cell.strategies.iter();
    let digests: Vec<_> = strategies
        .map(|one| (one.name.as_str(), &one.fates))
        .collect();
    let difference = DigestDifference::find("fates", &digests)?;
    let cause = if cell.has_time_windows {
        "a rule's time window begins or ends during the runs, so that fates depend on timing; leave out `from` and `to`"
    } else {
        "the server does not treat runs alike"
    };
    Some(ValidityIssue::invalid(
        "fates_differ",
        format!("{difference}; {cause}"),
    ))
}

/// No fates of a strategy can be compared.
pub(super) fn fates_unknown(strategies: &[ObservedStrategy]) -> Option<ValidityIssue> {
    let unknown = strategies.iter().filter(|one| one.fates.is_empty());
    let attempts: u64 = unknown.map(|one| one.timing_dependent_attempts).sum();
    let message = format!(
        "cannot tell whether the fates were the same: each of the {attempts} attempts was timing-dependent in at least \
         one trial"
    );
    (attempts > 0).then(|| ValidityIssue::suspect("fates_unknown", message))
}
