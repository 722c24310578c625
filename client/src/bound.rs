//! The least wall time that any strategy could have needed: what efficiency is measured against.

use crate::outcome::Outcome;
use crate::record::Record;
use std::cmp::Reverse;
use std::time::Duration;

/// A lower bound of the wall time, by its terms; the largest of them holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    /// The longest single exchange: nothing makes it shorter.
    pub longest: Duration,
    /// The sum of all, evenly spread over the lanes.
    pub evenly: Duration,
    /// Among the k·c+1 longest, k+1 must share one of c lanes, and those cannot be shorter than the
    /// k+1 shortest of them; the largest such sum over every k ≥ 1.
    pub sharing: Duration,
}

impl Bound {
    /// The bound for exchanges that take `times` at least, in any order, on `lanes` lanes (0 counts
    /// as 1).
    pub fn of(times: &[Duration], lanes: usize) -> Bound {
        let lanes = lanes.max(1);
        let mut sorted = times.to_vec();
        sorted.sort_unstable_by_key(|&time| Reverse(time));
        let total: Duration = sorted.iter().sum();
        let evenly = total.as_nanos() / lanes as u128;
        Bound {
            longest: sorted.first().copied().unwrap_or_default(),
            evenly: Duration::from_nanos(u64::try_from(evenly).unwrap_or(u64::MAX)),
            sharing: sharing(&sorted, lanes),
        }
    }

    /// The bound itself.
    pub fn total(&self) -> Duration {
        self.longest.max(self.evenly).max(self.sharing)
    }
}

fn sharing(longest_first: &[Duration], lanes: usize) -> Duration {
    let most = longest_first.len().saturating_sub(1) / lanes;
    (1..=most)
        .map(|k| (k, k * lanes + 1))
        .map(|(k, end)| longest_first[end - (k + 1)..end].iter().sum())
        .max()
        .unwrap_or_default()
}

/// What the server planned for each attempt, to the last byte. An attempt that timed out took its
/// limit; a longer plan is cut to it; an answer that says nothing of a plan was not delayed.
///
/// `None` if the server said nothing of any attempt, being none of ours or having delayed nothing, or
/// if a fault left an attempt without a head, in which the server says what it planned.
pub fn planned_times(records: &[Record], timeout: Option<Duration>) -> Option<Vec<Duration>> {
    records.iter().find(|record| record.timing.is_some())?;
    records
        .iter()
        .map(|record| planned_time(record, timeout))
        .collect()
}

fn planned_time(record: &Record, timeout: Option<Duration>) -> Option<Duration> {
    let timing = record.timing.as_ref();
    let planned = timing.map_or(Duration::ZERO, |timing| timing.planned + timing.paced);
    match record.outcome {
        Outcome::Timeout(limit) => Some(limit),
        // These did not wait for the end of what was planned.
        Outcome::Cancelled | Outcome::TooLarge => Some(planned.min(record.from_sent())),
        _ => record
            .status
            .map(|_| planned.min(timeout.unwrap_or(Duration::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::record;
    use proptest::prelude::*;

    fn answered(record: Record) -> Record {
        Record {
            status: Some(200),
            ..record
        }
    }

    fn ms(times: &[u64]) -> Vec<Duration> {
        times.iter().map(|&ms| Duration::from_millis(ms)).collect()
    }

    fn bound(times: &[u64], lanes: usize) -> Duration {
        Bound::of(&ms(times), lanes).total()
    }

    /// The shortest wall time of all ways to put the jobs on the lanes.
    fn optimum(jobs: &[u64], lanes: &mut [u64]) -> u64 {
        let Some((job, rest)) = jobs.split_first() else {
            return lanes.iter().copied().max().unwrap_or(0);
        };
        let count = lanes.len();
        let try_lane = |lane: usize| {
            lanes[lane] += job;
            let wall = optimum(rest, lanes);
            lanes[lane] -= job;
            wall
        };
        (0..count).map(try_lane).min().unwrap_or(0)
    }

    #[test]
    fn is_exact_where_the_answer_is_plain() {
        let plain = |times: &[u64], lanes, wall| {
            assert_eq!(
                bound(times, lanes),
                Duration::from_millis(wall),
                "{times:?} on {lanes}"
            );
        };
        plain(&[50; 249], 32, 400);
        plain(&[50; 20], 20, 50);
        plain(&[10, 20, 30], 1, 60);
        plain(&[10, 20, 300], 3, 300);
        plain(&[5, 5, 5], 2, 10);
        plain(&[], 5, 0);
    }

    #[test]
    fn every_term_is_the_largest_somewhere() {
        let terms = |times: &[u64], lanes| Bound::of(&ms(times), lanes);
        let longest = terms(&[100, 1, 1], 2);
        assert_eq!(longest.total(), longest.longest);
        let evenly = terms(&[4, 4, 3, 3, 3, 3], 2);
        assert_eq!(evenly.total(), evenly.evenly);
        let sharing = terms(&[5, 5, 5], 2);
        assert_eq!(sharing.total(), sharing.sharing);
    }

    proptest! {
        #[test]
        fn no_schedule_beats_it(times in prop::collection::vec(0u64..40, 0..8), lanes in 1usize..4) {
            let best = optimum(&times, &mut vec![0; lanes]);
            prop_assert!(bound(&times, lanes) <= Duration::from_millis(best));
            // And it is no idle promise: any order that keeps all lanes busy is within twice of it.
            prop_assert!(Duration::from_millis(best) <= 2 * bound(&times, lanes));
        }
    }

    #[test]
    fn a_plan_longer_than_the_timeout_counts_the_timeout() {
        let limit = Duration::from_millis(100);
        let mut records = [
            answered(record(60, Outcome::Ok, Some(50))),
            record(100, Outcome::Timeout(limit), None),
            answered(record(100, Outcome::CutShort, Some(500))),
            answered(record(1, Outcome::Ok, None)),
            record(7, Outcome::Cancelled, Some(50)),
        ];
        let expected = ms(&[50, 100, 100, 0, 7]);
        assert_eq!(planned_times(&records, Some(limit)), Some(expected));
        let timing = records[0].timing.as_mut().unwrap();
        timing.paced = Duration::from_millis(20);
        let expected = ms(&[70, 100, 100, 0, 7]);
        assert_eq!(planned_times(&records, Some(limit)), Some(expected));
    }

    #[test]
    fn an_attempt_of_which_nothing_is_known_leaves_no_bound() {
        let told = answered(record(60, Outcome::Ok, Some(50)));
        for outcome in [Outcome::Reset, Outcome::Empty, Outcome::NotHttp("x".into())] {
            assert_eq!(
                planned_times(&[told.clone(), record(1, outcome, None)], None),
                None
            );
        }
    }

    #[test]
    fn a_server_that_says_nothing_has_no_bound() {
        let records = [
            record(60, Outcome::Ok, None),
            record(9, Outcome::Timeout(Duration::from_millis(9)), None),
        ];
        assert_eq!(planned_times(&records, None), None);
        assert_eq!(planned_times(&[], None), None);
    }
}
