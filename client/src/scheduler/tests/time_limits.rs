//! Limits of the time for a download's retries and for a run.

use super::trace::{MS, after, busy, flags, result, retrying, simulate, start};
use crate::policy::{Policy, Retry};
use crate::scheduler::{Action, AttemptScheduler};
use flagpole_protocol::Outcome;
use proptest::prelude::*;
use std::time::Duration;

/// Retries up to twice, within this time.
fn retrying_within(max_time: Duration) -> Policy {
    let policy = retrying(3);
    let retry = Retry {
        max_time: Some(max_time),
        ..policy.retry
    };
    Policy { retry, ..policy }
}

fn ending_after(max_time: Duration, policy: Policy) -> Policy {
    Policy {
        max_time: Some(max_time),
        ..policy
    }
}

#[test]
fn retry_after_longer_than_allowed_ends_the_download() {
    let longest = Retry::default().max_retry_after;
    for (asked, attempts) in [(longest, 3), (longest + MS, 1)] {
        let trace = simulate(&flags(1), &retrying(3), 1, &|_| (busy(Some(asked)), MS));
        assert_eq!(trace.attempts.len(), attempts);
    }
}

#[test]
fn retry_after_beyond_the_time_for_retries_ends_the_download_at_once() {
    let policy = retrying_within(5000 * MS);
    let trace = simulate(&flags(1), &policy, 1, &|_| (busy(Some(3000 * MS)), MS));
    // The second retry would be due after 6 s.
    assert_eq!(trace.attempts.len(), 2);
    assert!(trace.attempts[1].1.is_final && trace.wall < 4000 * MS);
}

#[test]
fn time_for_retries_counts_from_when_the_first_attempt_was_due() {
    let mut workload = flags(1);
    workload.downloads[0].due = Some(10_000 * MS);
    let trace = simulate(&workload, &retrying_within(1000 * MS), 1, &|_| {
        after(1, Outcome::ConnectionReset)
    });
    assert_eq!(trace.attempts.len(), 3);
}

#[test]
fn nothing_starts_after_the_time_for_the_run() {
    let policy = ending_after(25 * MS, Policy::default());
    let trace = simulate(&flags(10), &policy, 1, &|_| after(10, Outcome::Ok));
    assert_eq!(trace.attempts.len(), 3);
}

#[test]
fn scheduler_sleeps_at_most_until_the_end_of_the_run() {
    let workload = flags(2).spaced(100 * MS);
    let policy = ending_after(30 * MS, Policy::default());
    let mut scheduler = AttemptScheduler::new(&workload, &policy, 1);
    let id = start(&mut scheduler, MS).id;
    scheduler.complete(id, &result(Outcome::Ok), 2 * MS);
    scheduler.release_slot(id);
    assert_eq!(scheduler.next(2 * MS), Action::SleepUntil(30 * MS));
    assert_eq!(scheduler.next(30 * MS), Action::Finished);
}

#[test]
fn retry_due_after_the_end_of_the_run_ends_the_download_at_once() {
    let policy = ending_after(1000 * MS, retrying(3));
    let trace = simulate(&flags(1), &policy, 1, &|_| (busy(Some(2000 * MS)), MS));
    assert_eq!((trace.attempts.len(), trace.wall), (1, MS));
    assert!(trace.attempts[0].1.is_final);
}

proptest! {
    #[test]
    fn no_retry_is_due_after_its_limits(
        downloads in 1usize..20, concurrency in 1usize..6, for_retries in 0u32..400, for_run in 1u32..400,
    ) {
        let policy = ending_after(for_run * MS, retrying_within(for_retries * MS));
        let trace = simulate(&flags(downloads), &policy, concurrency, &|_| after(20, Outcome::Http(503)));
        for (spec, _) in &trace.attempts {
            prop_assert!(trace.started[&spec.id] < for_run * MS);
            let mut of_download = trace.attempts.iter().map(|(spec, _)| spec);
            let first = of_download.find(|other| other.plan.index == spec.plan.index).unwrap();
            if spec.attempt > 1 {
                prop_assert!(spec.due <= first.due + for_retries * MS);
            }
        }
    }
}
