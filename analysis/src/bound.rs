//! The least wall time that any strategy could have needed: what efficiency is measured against.

use flagpole_protocol::MeasuredRun;
use flagpole_protocol::Outcome;
use flagpole_protocol::TimeoutKind;
use flagpole_protocol::{AttemptKind, AttemptRecord};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

/// A lower bound of the wall time, by its terms; the largest of them holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    /// The longest chain of exchanges that wait for each other, with the back-off between them; of a
    /// download of one exchange, that one. Nothing makes it shorter.
    pub longest: Duration,
    /// The sum of all exchanges, evenly spread over the lanes.
    pub evenly: Duration,
    /// Among the k·c+1 longest exchanges, k+1 must share one of c lanes, and those cannot be shorter
    /// than the k+1 shortest of them; the largest such sum over every k ≥ 1.
    pub sharing: Duration,
}

/// What the attempts of a run must take at least.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// Each exchange, to its last byte.
    pub times: Vec<Duration>,
    /// The exchanges of each download, and the back-off between them.
    pub chains: Vec<Duration>,
}

/// The bound of a measured run; `None` where [`planned`] has none.
pub fn of_run(run: &MeasuredRun) -> Option<Bound> {
    let planned = planned(&run.records, run.timeout)?;
    Some(Bound::of(&planned, run.concurrency))
}

/// The bound over the wall time, 0 to 1; `None` without a bound.
pub fn efficiency(run: &MeasuredRun) -> Option<f64> {
    let bound = of_run(run)?.total();
    (!run.wall.is_zero()).then(|| bound.as_secs_f64() / run.wall.as_secs_f64())
}

impl Bound {
    /// The bound for exchanges that take so long at least, in any order that keeps to their chains, on
    /// `lanes` lanes (0 counts as 1).
    pub fn of(planned: &Planned, lanes: usize) -> Bound {
        let lanes = lanes.max(1);
        let mut sorted = planned.times.clone();
        sorted.sort_unstable_by_key(|&time| Reverse(time));
        let total: Duration = sorted.iter().sum();
        let evenly = total.as_nanos() / lanes as u128;
        let chains = planned.chains.iter().chain(sorted.first());
        Bound {
            longest: chains.max().copied().unwrap_or_default(),
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
/// limit; a longer plan is cut to it; an answer that says nothing of a plan was not delayed. All the
/// attempts of a download wait for each other.
///
/// Attempts that a limit of the server turned away are left out, and so is the back-off behind them: who is
/// turned away depends on how many ask at once, which is the strategy's own doing and nothing that it must
/// wait for.
///
/// `None` if the server said nothing of any attempt, being none of ours or having delayed nothing; if a
/// fault left an attempt without a head, in which the server says what it planned; and if anything was
/// hedged, for then what is waited for is the luckier of two.
pub fn planned(records: &[AttemptRecord], whole: Option<Duration>) -> Option<Planned> {
    records.iter().find(|record| record.timing.is_some())?;
    let mut downloads: BTreeMap<usize, Vec<&AttemptRecord>> = BTreeMap::new();
    for record in records {
        downloads.entry(record.download).or_default().push(record);
    }
    let mut planned = Planned::default();
    for mut attempts in downloads.into_values() {
        attempts.sort_by_key(|record| record.attempt);
        let first = planned.times.len();
        let mut backoff = Duration::ZERO;
        let mut was_in_vain = false;
        for record in attempts {
            if !was_in_vain {
                backoff += record.backoff;
            }
            let time = planned_time(record, whole)?;
            was_in_vain = record.was_rejected();
            if !was_in_vain {
                planned.times.push(time);
            }
        }
        let exchanges = &planned.times[first..];
        if !exchanges.is_empty() {
            let chain = exchanges.iter().sum::<Duration>() + backoff;
            planned.chains.push(chain);
        }
    }
    Some(planned)
}

fn planned_time(record: &AttemptRecord, whole: Option<Duration>) -> Option<Duration> {
    let timing = record.timing.as_ref();
    let planned = timing.map(|timing| timing.planned.saturating_add(timing.paced));
    let told = planned.unwrap_or_default();
    match record.outcome {
        _ if record.kind == AttemptKind::Hedge => None,
        Outcome::HedgeLost => None,
        Outcome::Timeout(TimeoutKind::Connect, limit) => Some(limit),
        // A body that stops for ever has no pace, but took the limit.
        Outcome::Timeout(_, limit) if record.status.is_some() => Some(limit),
        Outcome::Timeout(_, limit) => Some(planned.map_or(limit, |planned| planned.min(limit))),
        // These did not wait for the end of what was planned.
        Outcome::Cancelled | Outcome::TooLarge => Some(told.min(record.service_time())),
        _ if record.status.is_some() => Some(told.min(whole.unwrap_or(Duration::MAX))),
        _ => planned.map(|planned| planned.min(record.service_time())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_records::record;
    use flagpole_protocol::Rejection;
    use proptest::prelude::*;

    fn answered(record: AttemptRecord) -> AttemptRecord {
        AttemptRecord {
            status: Some(200),
            ..record
        }
    }

    fn single(times: &[u64]) -> Planned {
        Planned {
            times: ms(times),
            chains: Vec::new(),
        }
    }

    fn planned_times(records: &[AttemptRecord], whole: Option<Duration>) -> Option<Vec<Duration>> {
        planned(records, whole).map(|planned| planned.times)
    }

    fn ms(times: &[u64]) -> Vec<Duration> {
        times.iter().map(|&ms| Duration::from_millis(ms)).collect()
    }

    fn bound(times: &[u64], lanes: usize) -> Duration {
        Bound::of(&single(times), lanes).total()
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
        let terms = |times: &[u64], lanes| Bound::of(&single(times), lanes);
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
            record(100, Outcome::Timeout(TimeoutKind::Total, limit), None),
            answered(record(100, Outcome::IncompleteBody, Some(500))),
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
    fn what_waits_for_each_other_takes_its_sum_and_the_back_off() {
        let of = |download, attempt, backoff| AttemptRecord {
            download,
            attempt,
            backoff: Duration::from_millis(backoff),
            ..answered(record(60, Outcome::Http(503), Some(50)))
        };
        let records = [of(1, 1, 0), of(2, 1, 0), of(1, 2, 30), of(1, 3, 40)];
        let planned = planned(&records, None).unwrap();
        assert_eq!(planned.chains, ms(&[220, 50]));
        assert_eq!(Bound::of(&planned, 2).total(), Duration::from_millis(220));
        assert_eq!(Bound::of(&planned, 2).evenly, Duration::from_millis(100));
    }

    #[test]
    fn who_is_turned_away_makes_nobody_wait_but_himself() {
        for reason in [Rejection::ConcurrencyLimit, Rejection::RateLimit] {
            let of = |attempt, status, backoff| AttemptRecord {
                attempt,
                backoff: Duration::from_millis(backoff),
                ..answered(record(60, Outcome::from_status(status), Some(50)))
            };
            let mut refused = of(2, 503, 30);
            refused.timing.as_mut().unwrap().fault = Some(reason.label().into());
            // The first failed by itself, and the back-off behind it is nobody else's doing.
            let records = [of(3, 200, 400), refused, of(1, 500, 0)];
            let planned = planned(&records, None).unwrap();
            assert_eq!(planned.times, ms(&[50, 50]));
            assert_eq!(planned.chains, ms(&[130]));
        }
    }

    #[test]
    fn who_gives_up_though_the_answer_was_to_come_in_time_waits_no_longer_than_planned() {
        let limit = Duration::from_millis(150);
        let given_up = |planned| record(150, Outcome::Timeout(TimeoutKind::Total, limit), planned);
        let told = answered(record(60, Outcome::Ok, Some(50)));
        let times = |record: AttemptRecord| planned_times(&[record, told.clone()], Some(limit));
        assert_eq!(times(given_up(None)), Some(ms(&[150, 50])));
        assert_eq!(times(given_up(Some(200))), Some(ms(&[150, 50])));
        assert_eq!(times(given_up(Some(100))), Some(ms(&[50])));
        let with_a_head = answered(given_up(Some(100)));
        assert_eq!(times(with_a_head), Some(ms(&[150, 50])));
    }

    #[test]
    fn flags_and_then_their_metadata_are_rounds_of_the_lanes() {
        let files = (0..498).map(|place| AttemptRecord {
            download: place % 249 + 1,
            ..answered(record(60, Outcome::Ok, Some(50)))
        });
        let planned = planned(&files.collect::<Vec<_>>(), None).unwrap();
        assert_eq!(
            Bound::of(&planned, 194).total(),
            3 * Duration::from_millis(50)
        );
        assert_eq!(
            Bound::of(&planned, 498).total(),
            2 * Duration::from_millis(50)
        );
    }

    #[test]
    fn a_run_that_was_hedged_has_no_bound() {
        let plain = answered(record(60, Outcome::Ok, Some(50)));
        let hedge = AttemptRecord {
            kind: AttemptKind::Hedge,
            ..plain.clone()
        };
        let loser = AttemptRecord {
            outcome: Outcome::HedgeLost,
            ..plain.clone()
        };
        assert!(planned(std::slice::from_ref(&plain), None).is_some());
        assert_eq!(planned(&[plain.clone(), hedge], None), None);
        assert_eq!(planned(&[plain, loser], None), None);
    }

    #[test]
    fn an_attempt_of_which_nothing_is_known_leaves_no_bound() {
        let told = answered(record(60, Outcome::Ok, Some(50)));
        for outcome in [
            Outcome::ConnectionReset,
            Outcome::EmptyReply,
            Outcome::ProtocolError("x".into()),
        ] {
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
            record(
                9,
                Outcome::Timeout(TimeoutKind::Total, Duration::from_millis(9)),
                None,
            ),
        ];
        assert_eq!(planned_times(&records, None), None);
        assert_eq!(planned_times(&[], None), None);
    }
}
