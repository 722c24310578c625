//! `littles_law`: the number of attempts in flight over time does not agree with how long the records say that they took.
//! By Little's law, the integral of the number in flight is the sum of the times in flight, those of unfinished attempts
//! included (J. D. C. Little, "A proof for the queuing formula L = λW", Operations Research 9, 1961).

use crate::human::{HumanDuration, percent};
use crate::load::observed::ObservedLoad;
use crate::validity::{Validity, ValidityIssue};

/// The tolerated difference.
const SUSPECT_SHARE: f64 = 0.02;
/// The difference above which the records do not describe the run.
const INVALID_SHARE: f64 = 0.1;
/// Which part of the time in which the event loops ran, or waited for a processor, may lie between the taking and the freeing
/// of a slot and the times in the record. It matters for runs with one or two connections, which are in flight for not much
/// longer than the client works for them.
const OWN_SHARE: f64 = 0.25;

/// A client that `is_delayed` holds attempts for longer than their records say: they wait in it to be sent, and to be noted
/// when they have ended.
pub(super) fn check(observed: &ObservedLoad, is_delayed: bool) -> Option<ValidityIssue> {
    let area: f64 = observed.loops.iter().map(|one| one.in_flight_area_s).sum();
    let recorded = (observed.stats.attempt_time + observed.warm_up.attempt_time).as_secs_f64();
    if is_delayed && area > recorded {
        return None;
    }
    let own = observed
        .loops
        .iter()
        .map(|one| one.cpu_us + one.run_queue_us.unwrap_or(0));
    let own = own.sum::<u64>() as f64 / 1e6;
    // An attempt has its slot while the client is late to start it.
    let late = (observed.stats.lateness.sum() + observed.warm_up.lateness.sum()).as_secs_f64();
    let beyond = (recorded - area).max(area - recorded - late);
    let beyond = beyond - (OWN_SHARE + burst_share(observed)) * own;
    let share = beyond / area.max(recorded);
    let severity = match share {
        share if share > INVALID_SHARE => Validity::Invalid,
        share if share > SUSPECT_SHARE => Validity::Suspect,
        _ => return None,
    };
    let message = format!(
        "attempts were in flight for {} in all, but their records say {} ({} off, Little's law); this is a defect of the \
         client: please report it",
        HumanDuration::from_mean(area * 1e6),
        HumanDuration::from_mean(recorded * 1e6),
        percent(share)
    );
    // Without loops, nothing was observed in flight.
    (!observed.loops.is_empty()).then(|| ValidityIssue::new(severity, "littles_law", message))
}

/// How long the attempts of a burst, in which all slots are taken at once as at the start, wait with their slots for the event
/// loop, which starts one after the other: the k-th of c attempts waits for the work of k others. In units of the work for
/// all attempts of the run, of which a burst is a large part only if the run is short.
fn burst_share(observed: &ObservedLoad) -> f64 {
    let attempts = observed.stats.attempts + observed.warm_up.attempts;
    let waits = observed.loops.iter().map(|one| {
        let slots = one.max_in_flight as f64;
        slots * slots / 2.0
    });
    waits.sum::<f64>() / attempts.max(1) as f64
}
