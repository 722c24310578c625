//! Strategies whose downloads ended differently, and figures that a sample does not support.

use crate::comparison::comparison;
use crate::response::after;

/// Only one strategy is too slow for the timeout: its ratio would say nothing.
#[test]
fn failures_of_one_strategy_alone_are_suspect_and_leave_no_ratio() {
    let slow = after(50).timed_out(55);
    let failing = comparison().only("threads", |run| {
        run.responses(15, after(50))
            .and(5, slow.clone())
            .timeout(55)
    });
    let failing = failing.only("async", |run| run.timeout(55));
    let result = failing.result().assert_suspect(&["work_differs"]);
    assert!(result.strategy("threads").ratio_to("async").is_none());
}

#[test]
fn different_failures_under_different_policies_are_what_was_asked() {
    let failed = after(50).status(500);
    let retried = failed.clone().retried(10, after(50));
    let policies = comparison().policies(&["", "retries 1"]);
    let policies = policies.only("threads", |run| {
        run.responses(15, after(50)).and(5, failed.clone())
    });
    let policies = policies.only("async", |run| {
        run.responses(15, after(50)).and(5, retried.clone())
    });
    policies.result().assert_valid();
}

#[test]
fn failures_that_both_strategies_meet_are_valid() {
    let failing =
        comparison().all(|run| run.responses(15, after(50)).and(5, after(50).status(500)));
    let result = failing.result().assert_valid();
    assert_eq!(result.strategy("async").error, 50);
    assert!(result.strategy("async").ratio_to("threads").is_some());
}

/// `uniform:100ms..300ms` with 20 downloads a round: 20 independent latencies cannot have a p99, which needs 299.
#[test]
fn percentile_that_the_sample_does_not_support_is_no_reason_against_the_rest() {
    let varying = comparison().all(|run| {
        (0..20).fold(run.responses(0, after(0)), |run, number| {
            run.and(1, after(100 + 10 * number))
        })
    });
    let result = varying.result().assert_valid();
    let times = &result.strategy("async").download_time.succeeded;
    assert!(times.p50.is_some() && times.p99.is_none());
}
