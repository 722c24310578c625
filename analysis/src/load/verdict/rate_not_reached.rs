//! `server_slower_than_rate`, `client_slower_than_rate`: requests of an open run ended at a lower rate than they were
//! scheduled, so that more and more of them waited.

use super::client_saturated::BusyShares;
use super::server_silent;
use crate::human::{HumanDuration, grouped, grouped_rate};
use crate::load::asked::{ArrivalKind, LoadModel};
use crate::load::figures::LoadFigures;
use crate::load::observed::ObservedLoad;
use crate::load::second::LoadSecond;
use crate::stats::median::lower_median;
use crate::validity::{Validity, ValidityIssue};

/// The part of the arrivals that may be missing at the end. The number in flight varies, and with it what ended.
const SUSPECT_SHARE: f64 = 0.01;
/// The part above which the run is one at another rate.
const INVALID_SHARE: f64 = 0.05;
/// From this number of seconds on, only the second half is judged: until requests end as fast as they arrive, it takes as
/// long as a request takes.
const MIN_SECONDS_FOR_HALVES: usize = 4;
/// By how many standard deviations the numbers of waiting requests may differ; they vary like their roots.
const WAITING_DEVIATIONS: f64 = 3.0;
/// By how many standard deviations Poisson arrivals may be more in the judged part than elsewhere, so that requests wait
/// although the server is fast enough for the rate.
const ARRIVAL_DEVIATIONS: f64 = 2.0;

pub(super) fn check(observed: &ObservedLoad, figures: &LoadFigures) -> Option<ValidityIssue> {
    let asked = figures.asked_per_s?;
    let severity = match missing_share(observed) {
        Some(share) if share > INVALID_SHARE => Validity::Invalid,
        Some(share) if share > SUSPECT_SHARE => Validity::Suspect,
        _ => return None,
    };
    let (label, cause) = cause(observed, figures);
    let reached = grouped_rate(figures.requests_per_s);
    let message = format!(
        "asked for {}/s, reached {reached}/s: {cause}",
        grouped_rate(asked)
    );
    Some(ValidityIssue::new(severity, label, message))
}

/// The part of the requests that should have ended in the judged part of the window and did not; `None` without a shortage
/// beyond chance.
fn missing_share(observed: &ObservedLoad) -> Option<f64> {
    let window = u64::try_from(observed.window.as_micros()).ok()?;
    let seconds: Vec<_> = observed
        .seconds
        .iter()
        .filter(|one| one.start_us < window)
        .collect();
    let half = if seconds.len() < MIN_SECONDS_FOR_HALVES {
        0
    } else {
        seconds.len() / 2
    };
    let (first, judged) = seconds.split_at(half);
    let medians = if first.is_empty() { judged } else { first };
    let medians = medians.iter().filter_map(|second| second.p50_us);
    // A request ends about a response time after it was due.
    let shift = lower_median(medians, Ord::cmp).unwrap_or(0);
    let start = judged.first()?.start_us;
    let due_until = |us: u64| due_until(&seconds, us.saturating_sub(shift));
    let expected = due_until(window) - due_until(start);
    let ended: u64 = judged.iter().map(|second| second.ended).sum();
    let waiting = |second: Option<&&LoadSecond>| second.map_or(0, |one| one.in_flight + one.queued);
    let waiting = waiting(first.last()) + waiting(judged.last());
    let chance = WAITING_DEVIATIONS * (waiting as f64 + 1.0).sqrt();
    let chance = match observed.asked.model {
        LoadModel::Open {
            arrivals: ArrivalKind::Poisson,
            ..
        } => chance.max(ARRIVAL_DEVIATIONS * expected.max(0.0).sqrt()),
        _ => chance,
    };
    // `server_silent` reports what a silent server did not do.
    let silent =
        server_silent::total_us(observed) as f64 / window.saturating_sub(start).max(1) as f64;
    let missing = expected * (1.0 - silent.min(1.0)) - ended as f64;
    (missing > chance).then(|| missing / expected)
}

/// The number of arrivals that were due until a time, in microseconds; within a second they are spread evenly.
fn due_until(seconds: &[&LoadSecond], us: u64) -> f64 {
    let due = seconds.iter().map(|second| {
        let within = us.saturating_sub(second.start_us).min(second.length_us);
        let share = within as f64 / second.length_us.max(1) as f64;
        second.due.unwrap_or(0) as f64 * share
    });
    due.sum()
}

/// Who was slower than the rate, what shows that, and what helps.
fn cause(observed: &ObservedLoad, figures: &LoadFigures) -> (&'static str, String) {
    let sum = |latencies: &crate::load::LatencyFigures| {
        latencies.mean_us.unwrap_or(0.0) * latencies.count as f64
    };
    let late = sum(&figures.lateness);
    // Half of what the requests took.
    if late > 0.5 * sum(&figures.response_time) && figures.response_time.count > 0 {
        let mean = HumanDuration::from_mean(figures.lateness.mean_us.unwrap_or(0.0));
        let cause = format!(
            "the client started requests late, by {mean} on average; stop other programs, use a machine with more \
             processors, or lower the rate"
        );
        return ("client_slower_than_rate", cause);
    }
    if BusyShares::new(&observed.loops).is_some_and(BusyShares::is_runnable_throughout) {
        let cause = "the client had no processor time to spare; stop other programs, use a machine with more processors, or \
                     lower the rate";
        return ("client_slower_than_rate", cause.to_owned());
    }
    let seconds = observed.seconds.iter();
    let busiest = seconds.max_by_key(|one| one.in_flight + one.queued);
    let (in_flight, queued) = busiest.map_or((0, 0), |one| (one.in_flight, one.queued));
    let limit = match observed.asked.model {
        LoadModel::Open { max_in_flight, .. } => observed.asked.part_of(max_in_flight),
        LoadModel::Closed { .. } | LoadModel::Users { .. } | LoadModel::Unknown => u64::MAX,
    };
    // All connections were taken, except a few that had just become free.
    let limit = if in_flight * 10 >= limit.saturating_mul(9) {
        format!(", of which at most {limit} were in flight (`--max-in-flight`)")
    } else {
        String::new()
    };
    let cause = format!(
        "the server is slower, and up to {} requests waited at a time{limit}; lower the rate, or find the highest one by \
         `--find-rate`",
        grouped(in_flight + queued)
    );
    ("server_slower_than_rate", cause)
}
