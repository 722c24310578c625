//! Retries, backoff, the retry budget and unconditional repeats.

use super::trace::{MS, busy, flags, result, retrying, simulate};
use crate::policy::{Policy, Retry, RetryBudgetConfig};
use crate::scheduler::{AttemptResult, AttemptSpec};
use flagpole_protocol::{AttemptKind, Outcome};
use std::time::Duration;

#[test]
fn nothing_is_retried_by_default() {
    let trace = simulate(&flags(3), &Policy::default(), 2, &|_| {
        (result(Outcome::Http(503)), MS)
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
            1 | 2 => (result(Outcome::ConnectionReset), MS),
            _ => (result(Outcome::Ok), MS),
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
        (result(Outcome::ConnectionReset), MS)
    });
    assert_eq!(trace.count(AttemptKind::Retry), 12);
}
