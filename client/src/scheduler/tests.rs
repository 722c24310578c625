//! The agenda in virtual time, before a server that is a function: no test waits.

use super::*;
use crate::policy::{Hedge, HedgeDelay, RedirectPolicy, Retry, RetryBudgetConfig};
use flagpole_protocol::CountryCode;
use flagpole_protocol::Outcome;
use std::collections::BTreeMap;

mod cancellation;
mod properties;
mod redirects;
mod slots;

const MS: Duration = Duration::from_millis(1);

/// What the server answers to an attempt, and how long it takes.
type Server<'a> = &'a dyn Fn(&AttemptSpec) -> (AttemptResult, Duration);

/// All that happened, in the order in which it did.
#[derive(Debug, Default)]
struct Story {
    attempts: Vec<(AttemptSpec, Disposition)>,
    /// When each was started.
    times: BTreeMap<AttemptId, Duration>,
    most: usize,
    wall: Duration,
}

impl Story {
    fn outcomes(&self) -> Vec<Outcome> {
        let outcome = |(_, verdict): &(AttemptSpec, Disposition)| verdict.outcome.clone();
        self.attempts.iter().map(outcome).collect()
    }

    fn count(&self, kind: AttemptKind) -> usize {
        let is = |(start, _): &&(AttemptSpec, Disposition)| start.kind == kind;
        self.attempts.iter().filter(is).count()
    }
}

/// What every strategy does, without a wait: attempts end when their time has come, cancelled ones at
/// once.
fn carry_out(plan: &Workload, policy: &Policy, lanes: usize, server: Server<'_>) -> Story {
    let mut agenda = AttemptScheduler::new(plan, policy, lanes);
    let mut ends: BTreeMap<(Duration, AttemptId), (AttemptSpec, AttemptResult)> = BTreeMap::new();
    let (mut story, mut now) = (Story::default(), Duration::ZERO);
    for _ in 0..100_000 {
        let until = match agenda.next(now) {
            Action::Start(start) => {
                let (end, took) = server(&start);
                story.times.insert(start.id, now);
                ends.insert((now + took, start.id), (start, end));
                story.most = story.most.max(agenda.in_flight());
                continue;
            }
            Action::Finished => {
                story.wall = now;
                return story;
            }
            Action::SleepUntil(until) => until,
            Action::Blocked => Duration::MAX,
        };
        let first = ends.first_key_value().map(|(key, _)| *key);
        let Some(key) = first.filter(|key| key.0 <= until) else {
            assert!(until < Duration::MAX, "nothing will ever happen");
            now = until;
            continue;
        };
        now = key.0;
        let (start, end) = ends.remove(&key).unwrap();
        let took = now.saturating_sub(story.times[&start.id]);
        let verdict = agenda.complete(start.id, &AttemptResult { took, ..end }, now);
        for loser in &verdict.losers {
            let key = *ends.keys().find(|key| key.1 == *loser).unwrap();
            let lost = ends.remove(&key).unwrap();
            ends.insert((now, *loser), lost);
        }
        agenda.release_slot(start.id);
        if verdict.body_action == BodyAction::Stage {
            agenda.on_staged(start.id, true);
        }
        story.attempts.push((start, verdict));
    }
    panic!("it never ends");
}

fn end(outcome: Outcome) -> AttemptResult {
    AttemptResult {
        conditions_failed: false,
        outcome,
        took: Duration::ZERO,
        redirect: None,
        retry_after: None,
    }
}

fn flags(count: usize) -> Workload {
    Workload::flags(CountryCode::every().take(count))
}

fn retrying(max_attempts: u32) -> Policy {
    let retry = Retry {
        max_attempts,
        ..Retry::default()
    };
    Policy {
        retry,
        ..Policy::default()
    }
}

fn hedging(delay: Duration, max_ratio: f64) -> Policy {
    let hedge = Hedge {
        delay: HedgeDelay::Fixed(delay),
        max_ratio,
    };
    Policy {
        hedge: Some(hedge),
        ..Policy::default()
    }
}

#[test]
fn nothing_is_tried_twice_unless_it_is_asked_for() {
    let story = carry_out(&flags(3), &Policy::default(), 2, &|_| {
        (end(Outcome::Http(503)), MS)
    });
    assert_eq!(story.outcomes(), [const { Outcome::Http(503) }; 3]);
    assert!(
        story
            .attempts
            .iter()
            .all(|(start, v)| v.is_final && start.request_number == 1)
    );
}

#[test]
fn a_failure_is_tried_again_after_its_back_off_which_holds_no_lane() {
    let story = carry_out(
        &flags(2),
        &retrying(3),
        1,
        &|start| match start.request_number {
            1 | 2 => (end(Outcome::ConnectionReset), MS),
            _ => (end(Outcome::Ok), MS),
        },
    );
    assert_eq!(story.attempts.len(), 6);
    assert_eq!(
        story.attempts[1].0.download, 2,
        "the lane was free meanwhile"
    );
    for (start, verdict) in &story.attempts {
        assert_eq!(u64::from(start.attempt), start.request_number);
        assert_eq!(verdict.is_final, start.request_number == 3);
        if start.kind == AttemptKind::Retry {
            assert!(story.times[&start.id] >= start.due && start.due >= start.backoff);
        }
    }
}

#[test]
fn a_server_that_asks_for_time_gets_it() {
    let asked = AttemptResult {
        retry_after: Some(1000 * MS),
        ..end(Outcome::Http(503))
    };
    let story = carry_out(&flags(1), &retrying(2), 1, &|_| (asked.clone(), MS));
    let drawn = Retry::default().max_delay_for(1);
    let due = story.attempts[1].0.due;
    assert!((1001 * MS..=1001 * MS + drawn).contains(&due), "{due:?}");
}

#[test]
fn of_the_two_halves_of_a_try_the_one_that_is_asked_to_wait_longer_counts() {
    let policy = Policy {
        retry: retrying(2).retry,
        ..hedging(10 * MS, 1.0)
    };
    let busy = |asked| AttemptResult {
        retry_after: asked,
        ..end(Outcome::Http(503))
    };
    for [first, hedge] in [[Some(7000 * MS), None], [None, Some(7000 * MS)]] {
        for [takes, longer] in [[30, 50], [50, 30]] {
            let story = carry_out(&flags(1), &policy, 2, &|start| match start.kind {
                AttemptKind::First => (busy(first), takes * MS),
                AttemptKind::Hedge if start.attempt == 2 => (busy(hedge), (longer - 10) * MS),
                _ => (busy(None), MS),
            });
            let (again, _) = &story.attempts[2];
            assert!(again.backoff >= 7000 * MS, "{:?}", again.backoff);
            let next: Vec<_> = story.attempts[3..].iter().collect();
            assert!(next.is_empty(), "{next:?}");
        }
    }
}

#[test]
fn what_is_there_already_is_an_answer_that_tells_how_long_answers_take() {
    let hedge = Hedge {
        max_ratio: 1.0,
        ..Hedge::default()
    };
    let policy = Policy {
        hedge: Some(hedge),
        ..Policy::default()
    };
    let story = carry_out(&flags(40), &policy, 2, &|start| {
        let is_slow = start.download == 31 && start.kind == AttemptKind::First;
        (
            end(Outcome::NotModified),
            MS * if is_slow { 100 } else { 1 },
        )
    });
    let is_slow_ones = |(start, _): &(AttemptSpec, Disposition)| {
        (start.download, start.kind) == (31, AttemptKind::Hedge)
    };
    assert!(story.attempts.iter().any(is_slow_ones));
}

#[test]
fn n_is_that_of_the_resource_the_try_and_the_hedge() {
    let code: CountryCode = "BR".parse().unwrap();
    let policy = Policy {
        retry: retrying(3).retry,
        ..hedging(5 * MS, 1.0)
    };
    let plan = Workload::flags([code, code]);
    let story = carry_out(&plan, &policy, 4, &|_| {
        (end(Outcome::ConnectionReset), 9 * MS)
    });
    let mut seen: Vec<_> = story
        .attempts
        .iter()
        .map(|(s, _)| (s.download, s.kind, s.request_number))
        .collect();
    seen.sort_unstable();
    let (first, retry, hedge) = (AttemptKind::First, AttemptKind::Retry, AttemptKind::Hedge);
    let of = |job: usize, at: u64| {
        [(job, first, at), (job, retry, at + 1), (job, retry, at + 2)]
            .into_iter()
            .chain((0..3).map(move |k| (job, hedge, at + 3 + k)))
            .collect::<Vec<_>>()
    };
    assert_eq!(seen, [of(1, 1), of(2, 7)].concat());
}

#[test]
fn a_hedge_wins_and_the_slow_one_is_given_up() {
    let story = carry_out(
        &flags(1),
        &hedging(10 * MS, 1.0),
        2,
        &|start| match start.kind {
            AttemptKind::Hedge => (end(Outcome::Ok), 5 * MS),
            _ => (end(Outcome::Ok), 1000 * MS),
        },
    );
    assert_eq!(story.outcomes(), [Outcome::Ok, Outcome::HedgeLost]);
    assert_eq!(story.attempts[0].0.kind, AttemptKind::Hedge);
    assert_eq!((story.wall, story.attempts[1].1.is_final), (15 * MS, false));
}

#[test]
fn one_lane_never_hedges() {
    let story = carry_out(&flags(5), &hedging(MS, 1.0), 1, &|_| {
        (end(Outcome::Ok), 50 * MS)
    });
    assert_eq!(story.count(AttemptKind::Hedge), 0);
}

#[test]
fn a_try_has_failed_when_both_of_its_halves_have() {
    let story = carry_out(
        &flags(1),
        &hedging(10 * MS, 1.0),
        2,
        &|start| match start.kind {
            AttemptKind::Hedge => (end(Outcome::ConnectionReset), 5 * MS),
            _ => (end(Outcome::Ok), 100 * MS),
        },
    );
    assert_eq!(story.outcomes(), [Outcome::ConnectionReset, Outcome::Ok]);
    assert!(!story.attempts[0].1.is_final && story.attempts[1].1.is_final);
}

#[test]
fn conditions_that_fail_are_dropped_at_once_and_once() {
    let blamed = |_: &AttemptSpec| {
        let ended = AttemptResult {
            conditions_failed: true,
            ..end(Outcome::Http(416))
        };
        (ended, MS)
    };
    // Without a retry, and without anything that one would be paid from.
    let story = carry_out(&flags(2), &Policy::default(), 1, &blamed);
    assert_eq!(story.outcomes(), [const { Outcome::Http(416) }; 4]);
    let starts: Vec<_> = story.attempts.iter().collect();
    for pair in starts.chunks(2) {
        let [(first, passing), (again, last)] = pair else {
            panic!("each is made twice")
        };
        assert_eq!(
            (first.kind, again.kind),
            (AttemptKind::First, AttemptKind::Retry)
        );
        assert_eq!((first.unconditional, again.unconditional), (false, true));
        assert_eq!(
            (first.download, first.request_number),
            (again.download, again.request_number)
        );
        assert_eq!((passing.is_final, last.is_final), (false, true));
        assert_eq!(again.backoff, Duration::ZERO);
    }
}

#[test]
fn redirects_are_followed_so_far_with_the_n_they_began_with() {
    let leads = |_: &AttemptSpec| {
        let redirect = Some("/x".into());
        (
            AttemptResult {
                redirect,
                ..end(Outcome::Http(302))
            },
            MS,
        )
    };
    for (max, last) in [(2, Outcome::TooManyRedirects), (0, Outcome::Http(302))] {
        let redirects = RedirectPolicy { max };
        let story = carry_out(
            &flags(1),
            &Policy {
                redirects,
                ..Policy::default()
            },
            1,
            &leads,
        );
        assert_eq!(story.count(AttemptKind::Redirect), max as usize);
        assert_eq!(story.outcomes().last(), Some(&last));
        let (start, _) = story.attempts.last().unwrap();
        assert_eq!((start.request_number, start.path.is_some()), (1, max > 0));
    }
    let elsewhere = carry_out(&flags(1), &Policy::default(), 1, &|_| {
        (end(Outcome::Http(302)), MS)
    });
    assert_eq!(elsewhere.outcomes(), [Outcome::Http(302)]);
}

#[test]
fn without_its_flag_no_metadata_is_asked_for() {
    let plan = Workload::with_metadata(CountryCode::every().take(1));
    let story = carry_out(&plan, &Policy::default(), 1, &|_| {
        (end(Outcome::NotFound), MS)
    });
    assert_eq!(story.outcomes(), [Outcome::NotFound]);
    let mut agenda = AttemptScheduler::new(&plan, &Policy::default(), 1);
    let Action::Start(start) = agenda.next(MS) else {
        panic!()
    };
    agenda.complete(start.id, &end(Outcome::Ok), MS);
    agenda.release_slot(start.id);
    assert_eq!(agenda.next(MS), Action::Blocked, "it is being put by");
    agenda.on_staged(start.id, false);
    assert_eq!(agenda.next(MS), Action::Finished);
}

#[test]
fn a_flag_that_is_there_is_not_called_missing_for_its_name_is() {
    let plan = Workload::with_metadata(CountryCode::every().take(1));
    let story = carry_out(&plan, &retrying(3), 1, &|start| match start.kind {
        AttemptKind::Metadata => (end(Outcome::NotFound), MS),
        _ => (end(Outcome::Ok), MS),
    });
    let missing = Outcome::BadMetadata("there is none".into());
    assert_eq!(story.outcomes(), [Outcome::Ok, missing], "and is final");
}

#[test]
fn a_job_waits_until_it_is_due_and_is_due_then() {
    let mut plan = flags(1);
    plan.jobs[0].due = Some(30 * MS);
    let mut agenda = AttemptScheduler::new(&plan, &Policy::default(), 1);
    assert_eq!(agenda.next(MS), Action::SleepUntil(30 * MS));
    let Action::Start(start) = agenda.next(40 * MS) else {
        panic!()
    };
    assert_eq!(start.due, 30 * MS);
}

#[test]
fn the_budget_bounds_the_retries_of_all() {
    let budget = Some(RetryBudgetConfig {
        ratio: 0.1,
        min_retries: 2,
    });
    let policy = Policy {
        budget,
        ..retrying(5)
    };
    let story = carry_out(&flags(100), &policy, 10, &|_| {
        (end(Outcome::ConnectionReset), MS)
    });
    assert_eq!(story.count(AttemptKind::Retry), 12);
}
