//! The least wall time that was possible, and what it is made of: the [`Bound`] of the delays, and what
//! the limits of the server add to it. Each term is a lower bound of its own; the largest holds.

use crate::bound::{Bound, Planned, planned};
use flagpole_protocol::Outcome;
use flagpole_protocol::{AttemptRecord, Rejection, whole_micros};
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// What a server is limited to, as far as it is known: of a server that was started for the
/// comparison, all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// How many answers may be in service at once, from 1.
    pub seats: Option<usize>,
    /// How many requests are let in.
    pub rate: Option<Rate>,
}

/// A rate of requests, and how many may come before it holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Requests a second, above 0.
    pub per_second: f64,
    /// So many may come at once.
    pub burst: u64,
}

/// The terms of the least wall time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BoundTerms {
    /// The longest chain of exchanges that wait for each other, with the back-off between them.
    #[serde(rename = "longest_us", serialize_with = "whole_micros")]
    #[schemars(with = "u64")]
    pub longest: Duration,
    /// The sum of all exchanges, evenly spread over the lanes.
    #[serde(rename = "evenly_us", serialize_with = "whole_micros")]
    #[schemars(with = "u64")]
    pub evenly: Duration,
    /// The exchanges that must share a lane, because there are more long ones than lanes.
    #[serde(rename = "sharing_us", serialize_with = "whole_micros")]
    #[schemars(with = "u64")]
    pub sharing: Duration,
    /// The exchanges that were served, on the seats of the server; 0 if they are not limited.
    #[serde(rename = "capacity_us", serialize_with = "whole_micros")]
    #[schemars(with = "u64")]
    pub capacity: Duration,
    /// The requests that were let in, at the rate of the server; 0 if it is not limited.
    #[serde(rename = "rate_limit_us", serialize_with = "whole_micros")]
    #[schemars(with = "u64")]
    pub rate_limit: Duration,
    /// How much of the bound is back-off: it would be so much less without.
    #[serde(rename = "of_which_backoff_us", serialize_with = "whole_micros")]
    #[schemars(with = "u64")]
    pub backoff: Duration,
    /// How much of the bound is the pacing of bodies, bytes over bandwidth: it would be so much less
    /// without.
    #[serde(rename = "of_which_paced_us", serialize_with = "whole_micros")]
    #[schemars(with = "u64")]
    pub paced: Duration,
    /// The number of lanes past which more can not help: the least at which the bound is as low as it
    /// gets.
    pub knee: usize,
}

impl BoundTerms {
    /// Those of a run's attempts on so many lanes, in a run whose exchanges may take `whole` at most.
    /// `None` where there is no bound: see [`planned`].
    pub fn of(
        records: &[AttemptRecord],
        lanes: usize,
        whole: Option<Duration>,
        limits: Limits,
    ) -> Option<BoundTerms> {
        let all = planned(records, whole)?;
        let (capacity, rate_limit) = limited(records, whole, limits);
        let floor = capacity.max(rate_limit);
        let total = |planned: &Planned| Bound::of(planned, lanes).total().max(floor);
        let without = |edit: fn(&mut AttemptRecord)| {
            let rest = planned(&edited(records, edit), whole).unwrap_or_default();
            total(&all).saturating_sub(total(&rest))
        };
        let bound = Bound::of(&all, lanes);
        Some(BoundTerms {
            longest: bound.longest,
            evenly: bound.evenly,
            sharing: bound.sharing,
            capacity,
            rate_limit,
            backoff: without(|record| record.backoff = Duration::ZERO),
            paced: without(unpaced),
            knee: knee(&all, floor),
        })
    }

    /// The bound: no wall time is shorter.
    pub fn total(&self) -> Duration {
        let bound = Bound {
            longest: self.longest,
            evenly: self.evenly,
            sharing: self.sharing,
        };
        bound.total().max(self.capacity).max(self.rate_limit)
    }
}

/// The attempts, had something been otherwise.
pub(crate) fn edited(
    records: &[AttemptRecord],
    edit: impl Fn(&mut AttemptRecord),
) -> Vec<AttemptRecord> {
    let mut records = records.to_vec();
    records.iter_mut().for_each(edit);
    records
}

fn unpaced(record: &mut AttemptRecord) {
    if let Some(timing) = &mut record.timing {
        timing.paced = Duration::ZERO;
    }
}

/// The least number of lanes from which on the bound, which is never below `floor`, no longer falls; at
/// least 1. The bound never rises with more lanes, so halving finds it.
pub fn knee(planned: &Planned, floor: Duration) -> usize {
    let total = |lanes| Bound::of(planned, lanes).total().max(floor);
    let most = planned.times.len().max(1);
    let least = total(most);
    let (mut too_few, mut enough) = (0, most);
    while enough - too_few > 1 {
        let middle = too_few.midpoint(enough);
        if total(middle) > least {
            too_few = middle;
        } else {
            enough = middle;
        }
    }
    enough
}

/// What the seats and the rate of the server make of it at least.
fn limited(
    records: &[AttemptRecord],
    whole: Option<Duration>,
    limits: Limits,
) -> (Duration, Duration) {
    let capacity = match limits.seats {
        Some(seats) => {
            let served: Vec<AttemptRecord> =
                records.iter().filter(|r| is_served(r)).cloned().collect();
            let served = planned(&served, whole).map_or(Vec::new(), |planned| planned.times);
            let times = served.into_iter().chain(records.iter().filter_map(held));
            let times = times.collect();
            let chains = Vec::new();
            Bound::of(&Planned { times, chains }, seats).total()
        }
        None => Duration::ZERO,
    };
    let let_in = records.iter().filter(|record| record.status.is_some());
    let let_in = let_in
        .filter(|record| !record.rejected_by(Rejection::RateLimit))
        .count();
    let rate_limit = limits
        .rate
        .map_or(Duration::ZERO, |rate| rate.least(let_in as u64));
    (capacity, rate_limit)
}

/// Whether it certainly held a seat for as long as was planned: one that the client gave up may have
/// been waiting for a seat instead.
fn is_served(record: &AttemptRecord) -> bool {
    let is_refused = record.rejection().is_some();
    let is_given_up = matches!(
        record.outcome,
        Outcome::Timeout(..) | Outcome::Cancelled | Outcome::TooLarge
    );
    !is_refused && !is_given_up
}

/// How long one that was given up certainly held a seat: from its head on.
fn held(record: &AttemptRecord) -> Option<Duration> {
    let is_given_up = !is_served(record) && !record.was_rejected();
    let held = record.done.saturating_sub(record.first_byte?);
    is_given_up.then_some(held)
}

impl Rate {
    /// The least time in which so many are let in.
    fn least(self, requests: u64) -> Duration {
        let waiting = requests.saturating_sub(self.burst) as f64;
        let seconds = Duration::try_from_secs_f64(waiting / self.per_second);
        seconds.unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_records::{Answer, answers};
    use proptest::prelude::*;

    const MS: Duration = Duration::from_millis(1);

    fn terms(records: &[AttemptRecord], lanes: usize, limits: Limits) -> BoundTerms {
        BoundTerms::of(records, lanes, None, limits).unwrap()
    }

    fn seats(seats: usize) -> Limits {
        Limits {
            seats: Some(seats),
            ..Limits::default()
        }
    }

    #[test]
    fn seats_are_lanes_of_the_server() {
        let records = answers(&[Answer::after(50); 16]);
        let terms = terms(&records, 16, seats(4));
        assert_eq!((terms.capacity, terms.longest), (200 * MS, 50 * MS));
        assert_eq!((terms.total(), terms.knee), (200 * MS, 4));
    }

    #[test]
    fn who_gave_up_or_was_refused_took_no_seat() {
        let mut records = answers(&[Answer::after(50); 4]);
        records[0].outcome = Outcome::Cancelled;
        records[1].timing.as_mut().unwrap().fault =
            Some(Rejection::ConcurrencyLimit.label().into());
        assert_eq!(terms(&records, 4, seats(1)).capacity, 100 * MS);
    }

    #[test]
    fn who_gave_up_within_a_body_held_a_seat_from_the_head_on() {
        let mut records = answers(&[Answer::after(50); 4]);
        for record in &mut records[..2] {
            record.outcome = Outcome::Timeout(flagpole_protocol::TimeoutKind::Total, 100 * MS);
            (record.first_byte, record.done) = (Some(70 * MS), 100 * MS);
        }
        assert_eq!(terms(&records, 4, seats(1)).capacity, 160 * MS);
    }

    #[test]
    fn what_is_over_the_burst_comes_at_the_rate() {
        let per_second = 100.0;
        let limits = |burst| Limits {
            rate: Some(Rate { per_second, burst }),
            ..Limits::default()
        };
        let mut records = answers(&[Answer::after(50); 60]);
        let rate_limit = |records: &[_], burst| terms(records, 60, limits(burst)).rate_limit;
        assert_eq!(rate_limit(&records, 10), 500 * MS);
        assert_eq!(rate_limit(&records, 100), Duration::ZERO);
        for record in &mut records[..20] {
            record.timing.as_mut().unwrap().fault = Some(Rejection::RateLimit.label().into());
        }
        assert_eq!(rate_limit(&records, 10), 300 * MS);
        let late = Outcome::Timeout(flagpole_protocol::TimeoutKind::Total, 50 * MS);
        for record in &mut records[20..30] {
            (record.outcome, record.status) = (late.clone(), None);
        }
        let told = "of those without a head it is not known whether they were let in";
        assert_eq!(rate_limit(&records, 10), 200 * MS, "{told}");
    }

    #[test]
    fn pacing_and_back_off_are_what_would_be_gone_without_them() {
        let slow = Answer {
            paced: 300,
            ..Answer::after(50)
        };
        let retried = Answer {
            retry_after: Some(400),
            ..Answer::after(50)
        };
        let paced = terms(&answers(&[slow; 4]), 2, Limits::default());
        assert_eq!((paced.total(), paced.paced), (700 * MS, 600 * MS));
        let backed_off = terms(
            &answers(&[retried, Answer::after(50)]),
            2,
            Limits::default(),
        );
        assert_eq!(
            (backed_off.total(), backed_off.longest),
            (500 * MS, 500 * MS)
        );
        assert_eq!(
            (backed_off.backoff, backed_off.paced),
            (400 * MS, Duration::ZERO)
        );
    }

    #[test]
    fn machines_read_microseconds() {
        let json =
            serde_json::to_value(terms(&answers(&[Answer::after(50)]), 1, Limits::default()));
        let json = json.unwrap();
        assert_eq!(
            (&json["longest_us"], &json["knee"]),
            (&50_000.into(), &1.into())
        );
    }

    proptest! {
        #[test]
        fn the_knee_is_that_of_brute_force(
            times in prop::collection::vec(0u64..40, 0..20), floor in 0u64..60, chain in 0u64..80,
        ) {
            let ms = |ms: &u64| Duration::from_millis(*ms);
            let planned = Planned { times: times.iter().map(ms).collect(), chains: vec![ms(&chain)] };
            let total = |lanes| Bound::of(&planned, lanes).total().max(ms(&floor));
            let least = total(1000);
            let brute = (1..1000).find(|&lanes| total(lanes) == least);
            prop_assert_eq!(Some(knee(&planned, ms(&floor))), brute);
        }

        #[test]
        fn more_lanes_never_make_it_longer(times in prop::collection::vec(0u64..40, 0..30)) {
            let times = times.into_iter().map(Duration::from_millis).collect();
            let planned = Planned { times, chains: Vec::new() };
            let total = |lanes| Bound::of(&planned, lanes).total();
            prop_assert!((1..31).all(|lanes| total(lanes) >= total(lanes + 1)));
        }
    }
}
