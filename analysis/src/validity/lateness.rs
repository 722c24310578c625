//! How late the delayed responses of a trial were, and whether that is too late.

use super::verdict::ValidityIssue;
use crate::human::{HumanDuration, plural};
use crate::stats::median::lower_median;
use flagpole_protocol::{AttemptRecord, LatencyStats};
use std::time::Duration;

/// The share of the short delays above which lateness is suspect: it changes the wall time by as much at most, which is
/// the order of the differences between strategies.
const SUSPECT_SHARE: f64 = 0.05;
/// Lateness up to this is not suspect, however short the delays: an idle machine is as late now and then.
const SUSPECT_FLOOR: Duration = Duration::from_millis(1);
/// The share of the short delays above which responses were not delayed as asked.
const INVALID_SHARE: f64 = 0.2;
/// Lateness up to this does not make figures invalid.
const INVALID_FLOOR: Duration = Duration::from_millis(4);
/// The quantile of the delays that stands for the short ones.
const SHORT: f64 = 0.1;

/// The lateness of the delayed responses of a trial, which is how long after its planned delay a response was sent, and
/// the delays themselves. Waiting for a permit of the server's concurrency limit is not lateness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lateness {
    /// The median.
    pub p50: Duration,
    /// The 99th percentile.
    pub p99: Duration,
    /// The 10th percentile of the planned delays above zero.
    pub short_delay: Duration,
    /// The mean of the planned delays above zero, of which a run consists for the most part.
    pub mean_delay: Duration,
}

impl Lateness {
    /// The lateness that a server reports in its responses; `None` if it reports no delay.
    pub fn from_records(records: &[AttemptRecord]) -> Option<Lateness> {
        let mut lateness = LatencyStats::default();
        let timings = records.iter().filter_map(|record| record.timing.as_ref());
        for timing in timings.filter(|timing| !timing.planned.is_zero()) {
            let actual = timing.actual.saturating_sub(timing.queued);
            lateness.record(actual.saturating_sub(timing.planned));
        }
        let (p50, p99) = (lateness.quantile(0.5)?, lateness.quantile(0.99)?);
        Lateness::from_ledger(p50, p99, records)
    }

    /// The lateness in the ledger of flagpole's own server; `None` if no record has a delay.
    pub fn from_ledger(
        p50: Duration,
        p99: Duration,
        records: &[AttemptRecord],
    ) -> Option<Lateness> {
        let planned = records
            .iter()
            .filter_map(|record| Some(record.timing.as_ref()?.planned));
        let planned = || planned.clone().filter(|delay| !delay.is_zero());
        let mut delays = LatencyStats::default();
        planned().for_each(|delay| delays.record(delay));
        let sum: Duration = planned().sum();
        Some(Lateness {
            p50,
            p99,
            short_delay: delays.quantile(SHORT)?,
            mean_delay: sum.checked_div(u32::try_from(delays.count()).ok()?)?,
        })
    }

    /// The p99 lateness above which a trial is suspect.
    pub(super) fn suspect_limit(&self) -> Duration {
        SUSPECT_FLOOR.max(self.short_delay.mul_f64(SUSPECT_SHARE))
    }

    fn invalid_limit(&self) -> Duration {
        INVALID_FLOOR.max(self.short_delay.mul_f64(INVALID_SHARE))
    }
}

/// Responses to a strategy were not delayed as asked. With as many responses as a round has, its p99 lateness is often
/// that of the slowest response, for which a run waits. In the mean over the rounds it is suspect, because the mean wall
/// time grows by up to as much; the median round decides whether it is invalid, because one stall does not determine it.
/// The p50 lateness is that of the median round too. The strategy itself may have saturated the machine: then an idle one
/// does not help.
pub(super) fn server_late(
    name: &str,
    rounds: &[Lateness],
    is_saturated: bool,
) -> Option<ValidityIssue> {
    let remedy = if is_saturated {
        "lower the concurrency"
    } else {
        "run on an idle machine"
    };
    let median = lower_median(rounds, |one, other| one.p99.cmp(&other.p99))?;
    let count = plural(rounds.len(), "round");
    if median.p99 > median.invalid_limit() {
        let rounds = format!("the median of {count}");
        let message = message(
            name,
            median.p99,
            &rounds,
            &limit(median, INVALID_SHARE, INVALID_FLOOR),
            remedy,
        );
        return Some(ValidityIssue::invalid("server_late", message));
    }
    let sum: Duration = rounds.iter().map(|round| round.p99).sum();
    let mean = sum.checked_div(u32::try_from(rounds.len()).ok()?)?;
    if mean > median.suspect_limit() {
        let rounds = format!("the mean of {count}");
        let message = message(
            name,
            mean,
            &rounds,
            &limit(median, SUSPECT_SHARE, SUSPECT_FLOOR),
            remedy,
        );
        return Some(ValidityIssue::suspect("server_late", message));
    }
    half_late(name, rounds, remedy)
}

fn message(name: &str, p99: Duration, rounds: &str, limit: &str, remedy: &str) -> String {
    format!(
        "the server was too late for {name}: p99 lateness {} in {rounds}, limit {limit}; {remedy} or use longer delays",
        HumanDuration(p99)
    )
}

/// `2.50 ms (5% of the 10th percentile of the delays)`; only `1.00 ms` where the delays are so short that the floor holds.
fn limit(lateness: &Lateness, share: f64, floor: Duration) -> String {
    let relative = lateness.short_delay.mul_f64(share);
    if relative <= floor {
        return HumanDuration(floor).to_string();
    }
    let (limit, percent) = (HumanDuration(relative), 100.0 * share);
    format!("{limit} ({percent:.0}% of the 10th percentile of the delays)")
}

/// Half of the responses were late by a share of the mean delay, and so was most of the run.
fn half_late(name: &str, rounds: &[Lateness], remedy: &str) -> Option<ValidityIssue> {
    let median = lower_median(rounds, |one, other| one.p50.cmp(&other.p50))?;
    let limit = median.mean_delay.mul_f64(SUSPECT_SHARE);
    let message = format!(
        "half of the responses to {name} were more than {} late, which is {:.0}% of the mean delay of {} (limit \
         {:.0}%); use longer delays or {remedy}",
        HumanDuration(median.p50),
        100.0 * median.p50.as_secs_f64() / median.mean_delay.as_secs_f64(),
        HumanDuration(median.mean_delay),
        100.0 * SUSPECT_SHARE
    );
    (median.p50 > limit).then(|| ValidityIssue::suspect("server_late", message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_runs::record;
    use flagpole_protocol::{Outcome, ServerTiming};

    const MS: Duration = Duration::from_millis(1);

    /// A response after this delay; times in milliseconds.
    fn response(planned: u32, actual: u32, queued: u32) -> AttemptRecord {
        AttemptRecord {
            timing: Some(ServerTiming {
                planned: planned * MS,
                actual: actual * MS,
                queued: queued * MS,
                ..ServerTiming::default()
            }),
            ..record(100, Outcome::Ok, None)
        }
    }

    #[test]
    fn reported_lateness_is_without_the_wait_for_a_permit() {
        let mut records: Vec<_> = (1..=10).map(|late| response(50, 50 + late, 0)).collect();
        records.push(response(50, 90, 40));
        let lateness = Lateness::from_records(&records).unwrap();
        assert_eq!((lateness.p50, lateness.p99), (5 * MS, 10 * MS));
        assert_eq!(lateness.short_delay, 50 * MS);
    }

    #[test]
    fn responses_without_a_delay_are_not_late() {
        assert_eq!(Lateness::from_records(&[response(0, 9, 0)]), None);
        let unknown = [record(100, Outcome::Ok, None)];
        assert_eq!(Lateness::from_records(&unknown), None);
        let lateness = Lateness::from_records(&[response(0, 9, 0), response(20, 21, 0)]).unwrap();
        assert_eq!((lateness.p99, lateness.short_delay), (MS, 20 * MS));
    }

    #[test]
    fn lateness_is_relative_to_the_mean_of_the_delays() {
        // The median of the delays is 1 ms, but a run waits for those of 1 s.
        let mut records: Vec<_> = (0..51).map(|_| response(1, 1, 0)).collect();
        records.extend((0..49).map(|_| response(1000, 1000, 0)));
        let lateness = Lateness::from_ledger(MS / 10, MS / 2, &records).unwrap();
        assert_eq!(server_late("async", &[lateness], false), None);
        let short = Lateness::from_ledger(MS / 10, MS / 2, &records[..51]).unwrap();
        assert!(server_late("async", &[short], false).is_some());
    }

    #[test]
    fn limits_follow_the_10th_percentile_of_the_delays() {
        let mut records: Vec<_> = (0..49).map(|_| response(100, 100, 0)).collect();
        records.extend((0..51).map(|_| response(1000, 1000, 0)));
        let lateness = Lateness::from_ledger(MS, MS, &records).unwrap();
        assert_eq!(lateness.suspect_limit(), 5 * MS);
        assert_eq!(lateness.invalid_limit(), 20 * MS);
        assert_eq!(lateness.mean_delay, 559 * MS);
    }
}
