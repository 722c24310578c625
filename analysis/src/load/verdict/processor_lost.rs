//! `processor_lost`: the client could have run and did not get a processor, or was stopped.

use crate::human::HumanDuration;
use crate::load::observed::ObservedLoad;
use crate::validity::{LostWall, Validity, ValidityIssue};
use std::time::Duration;

/// The share of the run above which the loss is suspect. It is twice that of a comparison, whose ratios have an error of
/// as much: rates of two runs on one idle machine differ by this as well.
const SUSPECT_SHARE: f64 = 0.05;
/// The share above which figures must not be used.
const INVALID_SHARE: f64 = 0.2;

pub(super) fn check(observed: &ObservedLoad) -> Option<ValidityIssue> {
    let lost = lost(observed)?;
    let severity = match lost.share() {
        share if share > INVALID_SHARE => Validity::Invalid,
        share if share > SUSPECT_SHARE => Validity::Suspect,
        _ => return None,
    };
    let (how, remedy) = lost.cause();
    let message = format!(
        "the client lost {} of {} {how}; {remedy}",
        HumanDuration(lost.total()),
        HumanDuration(lost.wall)
    );
    Some(ValidityIssue::new(severity, "processor_lost", message))
}

/// What was lost in the whole run. Other programs count only if the server is known not to be one of them.
fn lost(observed: &ObservedLoad) -> Option<LostWall> {
    let loops = observed.loops.iter().map(|one| one.elapsed_us);
    let wall = Duration::from_micros(loops.max()?);
    let mut lost = LostWall::from_trial(&observed.lost, wall)?;
    if is_server_unknown(observed) {
        lost.displaced = Duration::ZERO;
    }
    Some(lost)
}

fn is_server_unknown(observed: &ObservedLoad) -> bool {
    observed.is_server_local && observed.server_cpu.is_none()
}

/// What cannot be checked, as a sentence without a full stop.
pub(super) fn unchecked(observed: &ObservedLoad) -> Option<String> {
    let sentence = if lost(observed).is_none() {
        "lost processor time: the system does not report how long threads wait for a processor"
    } else if is_server_unknown(observed) {
        "processor time that other programs took: the CPU time of the server, on this machine too, is not known"
    } else {
        return None;
    };
    Some(sentence.to_owned())
}
