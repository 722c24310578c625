//! Retries, backoff, the retry budget and unconditional repeats.

use super::trace::{MS, after, busy, flags, result, retrying, simulate};
use crate::policy::{Policy, Retry, RetryBudgetConfig};
use crate::scheduler::{AttemptResult, AttemptSpec};
use flagpole_protocol::{AttemptKind, Outcome};
use std::time::Duration;

#[test]
fn nothing_is_retried_by_default() {
    let trace = simulate(&flags(3), &Policy::default(), 2, &|_| {
        after(1, Outcome::Http(503))
    });
    assert_eq!(trace.outcomes(), [const { Outcome::Http(503) }; 3]);
    let mut attempts = trace.attempts.iter();
    assert!(attempts.all(|(spec, d)| d.is_final && spec.plan.request_number == 1));
}

#[test]
fn backoff_precedes_a_retry_and_holds_no_slot() {
    let trace = simulate(
        &flags(2),
        &retrying(3),
        1,
        &|spec| match spec.plan.request_number {
            1 | 2 => after(1, Outcome::ConnectionReset),
            _ => after(1, Outcome::Ok),
        },
    );
    assert_eq!(trace.attempts.len(), 6);
    assert_eq!(trace.attempts[1].0.plan.index, 1, "the slot was free");
    for (spec, disposition) in &trace.attempts {
        assert_eq!(u64::from(spec.attempt), spec.plan.request_number);
        assert_eq!(disposition.is_final, spec.plan.request_number == 3);
        if spec.plan.kind == AttemptKind::Retry {
            assert!(trace.started[&spec.id] >= spec.due && spec.due >= spec.plan.backoff);
        }
    }
}

#[test]
fn retry_after_is_added_to_the_backoff() {
    let trace = simulate(&flags(1), &retrying(2), 1, &|_| (busy(Some(1000 * MS)), MS));
    let drawn = Retry::default().max_delay_for(1);
    let due = trace.attempts[1].0.due;
    assert!((1001 * MS..=1001 * MS + drawn).contains(&due), "{due:?}");
}

#[test]
fn failed_conditions_are_dropped_at_once_and_once() {
    let failed = |_: &AttemptSpec| {
        let result = AttemptResult {
            conditions_failed: true,
            ..result(Outcome::Http(416))
        };
        (result, MS)
    };
    // The policy allows no retry.
    let trace = simulate(&flags(2), &Policy::default(), 1, &failed);
    assert_eq!(trace.outcomes(), [const { Outcome::Http(416) }; 4]);
    for pair in trace.attempts.chunks(2) {
        let [(first, intermediate), (repeat, last)] = pair else {
            panic!("expected two attempts of each download")
        };
        let kinds = (first.plan.kind, repeat.plan.kind);
        assert_eq!(kinds, (AttemptKind::First, AttemptKind::Retry));
        assert_eq!(
            (first.plan.unconditional, repeat.plan.unconditional),
            (false, true)
        );
        assert_eq!(first.plan.index, repeat.plan.index);
        assert_eq!(first.plan.request_number, repeat.plan.request_number);
        assert_eq!((intermediate.is_final, last.is_final), (false, true));
        assert_eq!(repeat.plan.backoff, Duration::ZERO);
    }
}

#[test]
fn all_downloads_share_the_retry_budget() {
    let budget = RetryBudgetConfig {
        ratio: 0.1,
        min_retries: 2,
    };
    let policy = Policy {
        budget: Some(budget),
        ..retrying(5)
    };
    let trace = simulate(&flags(100), &policy, 10, &|_| {
        after(1, Outcome::ConnectionReset)
    });
    assert_eq!(trace.count(AttemptKind::Retry), 12);
}

#[test]
fn tries_stop_at_the_maximum_and_a_missing_flag_is_not_tried_again() {
    let mut policy = retrying(3);
    policy.retry.statuses = vec![404, 500];
    for (outcome, tries) in [(Outcome::Http(500), 3), (Outcome::NotFound, 1)] {
        let trace = simulate(&flags(2), &policy, 1, &|_| after(1, outcome.clone()));
        assert_eq!(trace.outcomes(), vec![outcome.clone(); 2 * tries]);
    }
}

#[test]
fn a_retry_that_is_due_first_is_made_first() {
    // The first download must wait for 5 s, the second for 1 s.
    let trace = simulate(&flags(2), &retrying(2), 2, &|spec| match spec.attempt {
        1 => (busy(Some([5000, 1000][spec.plan.index] * MS)), MS),
        _ => after(1, Outcome::Ok),
    });
    let order: Vec<_> = trace
        .attempts
        .iter()
        .map(|(spec, _)| spec.plan.index)
        .collect();
    assert_eq!(order, [0, 1, 1, 0]);
}
