//! Attempts that are not sent because the circuit breaker is open.

use super::trace::{MS, Trace, after, flags, hedging, result, retrying, simulate, start};
use crate::policy::{CircuitBreakerConfig, Policy, RetryBudgetConfig};
use crate::scheduler::{AttemptResult, AttemptScheduler, AttemptSpec};
use flagpole_protocol::{AttemptKind, Outcome};

/// Opens for 100 ms after two failures in a row.
fn with_breaker(policy: Policy) -> Policy {
    let breaker = CircuitBreakerConfig {
        failure_ratio: 1.0,
        window: 2,
        open_time: 100 * MS,
    };
    Policy {
        circuit_breaker: Some(breaker),
        ..policy
    }
}

fn sent(trace: &Trace) -> Vec<&AttemptSpec> {
    let specs = trace.attempts.iter().map(|(spec, _)| spec);
    specs.filter(|spec| !spec.is_rejected).collect()
}

#[test]
fn downloads_that_come_up_while_it_is_open_fail_without_a_request() {
    let policy = with_breaker(Policy::default());
    let trace = simulate(&flags(5), &policy, 1, &|_| after(10, Outcome::Http(503)));
    let [busy, open] = [Outcome::Http(503), Outcome::CircuitOpen];
    assert_eq!(
        trace.outcomes(),
        [busy.clone(), busy, open.clone(), open.clone(), open]
    );
    assert!(trace.attempts.iter().all(|(_, decided)| decided.is_final));
    assert_eq!((trace.openings, trace.wall), (vec![(20 * MS, 2)], 20 * MS));
}

#[test]
fn rejected_attempts_are_retried_after_a_backoff_and_succeed_when_the_server_recovers() {
    let mut policy = with_breaker(retrying(20));
    policy.retry.base_delay = 50 * MS;
    let trace = simulate(&flags(4), &policy, 4, &|spec| {
        after(
            1,
            if spec.attempt == 1 {
                Outcome::Http(503)
            } else {
                Outcome::Ok
            },
        )
    });
    let succeeded = trace
        .outcomes()
        .iter()
        .filter(|one| **one == Outcome::Ok)
        .count();
    assert_eq!((succeeded, trace.openings.len()), (4, 1));
    assert!(trace.outcomes().contains(&Outcome::CircuitOpen));
    assert_eq!(sent(&trace).len(), 8, "each download needs two requests");
}

#[test]
fn what_may_not_be_retried_is_no_failure() {
    for outcome in [Outcome::NotFound, Outcome::Http(501), Outcome::TooLarge] {
        let policy = with_breaker(Policy::default());
        let trace = simulate(&flags(5), &policy, 1, &|_| after(1, outcome.clone()));
        assert_eq!(trace.openings, []);
    }
}

#[test]
fn death_of_a_stale_connection_is_no_failure_if_the_request_is_repeated() {
    for (retry_stale, openings) in [(true, 0), (false, 1)] {
        let policy = Policy {
            retry_stale,
            ..with_breaker(Policy::default())
        };
        let trace = simulate(&flags(5), &policy, 1, &|spec| {
            let died = AttemptResult {
                died_unanswered: true,
                ..result(Outcome::ConnectionReset)
            };
            let is_fresh = spec.plan.fresh_connection;
            (if is_fresh { result(Outcome::Ok) } else { died }, MS)
        });
        assert_eq!(trace.openings.len(), openings);
    }
}

#[test]
fn hedge_sent_as_the_probe_makes_room_for_another_if_it_is_cancelled() {
    let policy = with_breaker(hedging(150 * MS, 1.0));
    let mut scheduler = AttemptScheduler::new(&flags(9), &policy, 3);
    let slow = start(&mut scheduler, MS).id;
    for _ in 0..2 {
        let id = start(&mut scheduler, MS).id;
        scheduler.complete(id, &result(Outcome::Http(503)), MS);
        scheduler.release_slot(id);
    }
    let probe = start(&mut scheduler, 160 * MS);
    assert_eq!(
        (probe.plan.kind, probe.is_rejected),
        (AttemptKind::Hedge, false)
    );
    let other = start(&mut scheduler, 160 * MS);
    assert!(other.is_rejected);
    scheduler.complete(other.id, &result(Outcome::CircuitOpen), 160 * MS);
    scheduler.release_slot(other.id);
    let ended = scheduler.complete(slow, &result(Outcome::Ok), 170 * MS);
    assert_eq!(ended.superseded, [probe.id]);
    scheduler.complete(probe.id, &result(Outcome::Cancelled), 170 * MS);
    assert!(!start(&mut scheduler, 170 * MS).is_rejected);
}

#[test]
fn rejected_first_tries_do_not_pay_for_the_retry_budget() {
    let budget = RetryBudgetConfig {
        ratio: 1.0,
        min_retries: 0,
    };
    let policy = Policy {
        budget: Some(budget),
        ..with_breaker(retrying(2))
    };
    let trace = simulate(&flags(50), &policy, 1, &|_| after(1, Outcome::Http(503)));
    let firsts = sent(&trace)
        .into_iter()
        .filter(|spec| spec.plan.kind == AttemptKind::First);
    assert_eq!(trace.count(AttemptKind::Retry), firsts.count());
}
