//! What limits a run on an unloaded machine: such comparisons are valid.

use crate::comparison::{comparison, comparison_of};
use crate::response::after;
use crate::run::{concurrency_limit, rate_limit};
use flagpole_protocol::Rejection;

#[test]
fn sequential_is_limited_by_latency_and_others_by_concurrency() {
    let three = comparison_of(&["sequential", "threads", "async"])
        .only("sequential", |run| run.concurrency(1));
    let result = three
        .result()
        .assert_valid()
        .assert_limit_of("sequential", "latency");
    let result = result
        .assert_limit_of("threads", "concurrency")
        .assert_limit_of("async", "concurrency");
    let ratio = result.strategy("sequential").ratio_to("async").unwrap();
    assert!((4.9..5.1).contains(&ratio.ratio), "{ratio}");
}

#[test]
fn enough_connections_leave_latency_as_the_limit() {
    comparison()
        .all(|run| run.concurrency(20))
        .result()
        .assert_valid()
        .assert_limit("latency");
}

#[test]
fn one_slow_download_is_a_straggler() {
    let straggler = comparison().all(|run| run.concurrency(20).and(1, after(1000)).concurrency(21));
    straggler.result().assert_valid().assert_limit("straggler");
}

/// `hang:100%,for=200ms` on a reused connection: the next request waits for the end of the pause.
#[test]
fn pauses_after_responses_limit_a_run_that_reuses_connections() {
    let paused = comparison().all(|run| run.responses(30, after(30).pause(200)).concurrency(4));
    let result = paused
        .result()
        .assert_valid()
        .assert_limit("connection_pauses");
    assert!(result.strategy("async").efficiency.unwrap() > 0.9);
}

#[test]
fn pauses_do_not_limit_a_run_with_fresh_connections() {
    let fresh = comparison().all(|run| {
        run.responses(30, after(30).pause(200))
            .concurrency(4)
            .without_reuse()
    });
    fresh.result().assert_valid().assert_limit("concurrency");
}

#[test]
fn slow_heads_are_not_blamed_on_bodies() {
    let slow = comparison().all(|run| run.responses(20, after(50).slow_head(300)));
    slow.result().assert_valid().assert_limit("slow_head");
}

#[test]
fn slow_bodies_are_a_bandwidth_limit() {
    let slow = comparison().all(|run| run.responses(20, after(50).slow_body(300)));
    slow.result().assert_valid().assert_limit("bandwidth");
}

#[test]
fn backoff_between_attempts_is_a_limit() {
    let retried = after(20).status(503).retried(400, after(20));
    let failures = comparison().all(|run| {
        run.responses(20, after(20))
            .and(5, retried.clone())
            .concurrency(25)
    });
    failures.result().assert_valid().assert_limit("retries");
}

/// 16 requests at a time for 4 permits, and a queue for all.
#[test]
fn queue_of_the_server_is_its_concurrency_limit() {
    let queue = comparison().limits(concurrency_limit(4));
    let queue = queue.all(|run| run.responses(40, after(20)).concurrency(16).permits(4));
    queue
        .result()
        .assert_valid()
        .assert_limit("server_concurrency_limit");
}

#[test]
fn rejections_by_the_concurrency_limit_are_named() {
    let rejected = after(0)
        .rejected(Rejection::ConcurrencyLimit)
        .retried(50, after(0).rejected(Rejection::ConcurrencyLimit));
    let rejections = comparison().limits(concurrency_limit(4));
    let rejections = rejections.all(|run| {
        run.responses(4, after(20))
            .and(16, rejected.clone())
            .concurrency(20)
    });
    rejections
        .result()
        .assert_valid()
        .assert_limit("server_concurrency_limit");
}

/// 60 requests at 40 a second, of which 20 at once.
#[test]
fn rejections_by_the_rate_limit_are_named() {
    let rejected = after(0)
        .rejected(Rejection::RateLimit)
        .retried(1000, after(20));
    let limited = comparison().limits(rate_limit(40.0, 20));
    let limited = limited.all(|run| {
        run.responses(20, after(20))
            .and(40, rejected.clone())
            .concurrency(60)
    });
    limited
        .result()
        .assert_valid()
        .assert_limit("server_rate_limit");
}

#[test]
fn timeouts_without_a_retry_are_a_limit() {
    let hung = after(3_600_000).timed_out(500);
    let timeouts = comparison().all(|run| {
        run.timeout(500)
            .responses(15, after(50))
            .and(5, hung.clone())
    });
    timeouts.result().assert_valid().assert_limit("timeouts");
}

/// Which of two attempts is faster depends on timing, so that there is no lower bound.
#[test]
fn hedged_run_has_no_named_limit() {
    let slow = after(200).overtaken_by(after(20));
    let hedges = comparison().all(|run| run.responses(18, after(20)).and(2, slow.clone()));
    let result = hedges.result().assert_valid().assert_limit("unknown");
    assert_eq!(
        (
            result.strategy("async").timing_dependent,
            result.strategy("async").fates_compared
        ),
        (40, 180)
    );
}

#[test]
fn redirect_chain_is_one_long_download() {
    let chain = after(50).redirected(after(50));
    let redirects = comparison().all(|run| run.responses(20, chain.clone()).concurrency(20));
    let result = redirects.result().assert_valid().assert_limit("latency");
    assert_eq!(result.strategy("async").bound_us, Some(100_000));
}
