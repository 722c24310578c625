//! Whether all strategies met the same fates and received the same bodies in all rounds. A fate is all that will happen
//! to one response.

use super::observed::{ObservedCell, ObservedStrategy};
use super::round_digests::{DigestDifference, RoundDigests};
use super::verdict::{Validity, ValidityIssue};

/// The difference of the total length of a run's bodies, as a share, up to which they are the same work: a page with the
/// time of day is.
const SAME_LENGTH: f64 = 0.01;

/// All strategies must have met the same fates in a round, and each the same in all rounds.
pub(super) fn fates_differ(cell: &ObservedCell) -> Option<ValidityIssue> {
    let strategies = cell.strategies.iter();
    let digests: Vec<_> = strategies
        .map(|one| (one.name.as_str(), &one.fates))
        .collect();
    let difference = DigestDifference::find("fates", &digests)?;
    let chooses = |one: &&ObservedStrategy| {
        let program = one.program.as_ref();
        program.is_some_and(|program| program.chosen_numbers > 0)
    };
    if cell.strategies.iter().any(|one| chooses(&one)) {
        // A program that chooses request numbers has another reason.
        return None;
    }
    let shifts = |one: &&ObservedStrategy| {
        let program = one.program.as_ref();
        program.is_some_and(|program| program.other_requests > 0)
    };
    let cause = if let Some(one) = cell.strategies.iter().find(shifts) {
        let name = &one.name;
        &format!(
            "{name} made other requests, such as HEAD, which take up request numbers of the files and so change their fates"
        )
    } else if cell.has_time_windows {
        "a rule's time window begins or ends during the runs, so that fates depend on timing; leave out `from` and `to`"
    } else {
        "the server does not treat runs alike"
    };
    Some(ValidityIssue::invalid(
        "fates_differ",
        format!("{difference}; {cause}"),
    ))
}

/// All strategies must have received the same bodies in all rounds.
pub(super) fn bodies_differ(cell: &ObservedCell) -> Option<ValidityIssue> {
    let digests = |one: &ObservedStrategy| -> RoundDigests {
        let rounds = one.bodies.iter();
        rounds
            .map(|(round, bodies)| (*round, bodies.digest))
            .collect()
    };
    let digests: Vec<_> = cell.strategies.iter().map(digests).collect();
    let names = cell.strategies.iter().map(|one| one.name.as_str());
    let difference = DigestDifference::find("bodies", &names.zip(&digests).collect::<Vec<_>>())?;
    let bodies = cell.strategies.iter().flat_map(|one| one.bodies.values());
    let bytes = bodies.map(|bodies| bodies.bytes);
    let (least, most) = (bytes.clone().min()?, bytes.max()?);
    let is_more_work = (most - least) as f64 > SAME_LENGTH * most as f64;
    let severity = if is_more_work {
        Validity::Invalid
    } else {
        Validity::Suspect
    };
    let lengths = if least == most {
        format!("{most} bytes to every run")
    } else {
        format!("{least} to {most} bytes to a run")
    };
    let message = format!("{difference}; the server sent {lengths}");
    Some(ValidityIssue::new(severity, "bodies_differ", message))
}

/// No fates of a strategy can be compared, although the delays are known.
pub(super) fn fates_unknown(cell: &ObservedCell) -> Option<ValidityIssue> {
    let unknown = cell.strategies.iter().filter(|one| one.fates.is_empty());
    let attempts: u64 = unknown.map(|one| one.timing_dependent_attempts).sum();
    let message = format!(
        "cannot tell whether the fates were the same: each of the {attempts} attempts was timing-dependent in at least \
         one trial"
    );
    (attempts > 0 && !cell.has_unknown_delays)
        .then(|| ValidityIssue::suspect("fates_unknown", message))
}
