//! Whether strategies met the same fates and received the same bodies.

use crate::comparison::{comparison, comparison_of};
use crate::response::{Response, after};

#[test]
fn usual_comparison_is_valid() {
    comparison()
        .result()
        .assert_valid()
        .assert_limit("concurrency");
}

/// As at a server that delays every second run by more: both strategies meet both fates equally often.
#[test]
fn fates_swapped_in_every_round_are_invalid() {
    let swapped = comparison().each(|name, round, run| {
        if (name == "async") == (round % 2 == 0) {
            run.responses(20, after(60))
        } else {
            run
        }
    });
    let result = swapped.result().assert_invalid(&["fates_differ"]);
    let result = result.assert_message(
        "the fates of threads and async differ in 10 of 10 rounds (round 1: digests ",
    );
    assert_eq!(result.strategy("async").fates_digest, None);
}

#[test]
fn other_fates_in_one_round_of_one_strategy_are_invalid() {
    let changed = comparison_of(&["sequential", "threads", "async"]).each(|name, round, run| {
        if (name, round) == ("async", 7) {
            run.responses(20, after(49))
        } else {
            run
        }
    });
    let result = changed.result().assert_invalid(&["fates_differ"]);
    result.assert_message("the fates of sequential and async differ in round 7 (digests ");
}

#[test]
fn fates_that_change_for_all_strategies_during_the_comparison_are_invalid() {
    let drift = |round: usize| after(if round < 8 { 50 } else { 55 });
    let drifted = comparison().each(|_, round, run| run.responses(20, drift(round)));
    let result = drifted.result().assert_invalid(&["fates_differ"]);
    result.assert_message(
        "threads and async differ from those of round 1 in rounds 8, 9 and 10 (round 8: digests ",
    );
}

/// The window begins while runs are in progress, so that another number of requests meets it.
#[test]
fn time_window_that_begins_during_runs_is_named_as_the_cause() {
    let windows = comparison().time_windows().each(|_, round, run| {
        run.responses(10 + round % 2, after(50))
            .and(10 - round % 2, after(90))
    });
    windows
        .result()
        .assert_invalid(&["fates_differ"])
        .assert_message("a rule's time window begins or ends during the runs");
}

#[test]
fn time_window_that_all_runs_meet_alike_is_valid() {
    let windows = comparison()
        .time_windows()
        .all(|run| run.responses(10, after(50)).and(10, after(90)));
    windows.result().assert_valid();
}

#[test]
fn larger_bodies_in_every_second_run_are_invalid() {
    let large = "x".repeat(20_000);
    let bodies = comparison().external().each(|name, round, run| {
        let is_large = (name == "async") == (round % 2 == 0);
        run.each(|response| response.body(if is_large { &large } else { "43 bytes" }))
    });
    let result = bodies.result().assert_invalid(&["bodies_differ"]);
    result.assert_message("; the server sent 160 to 400000 bytes to a run");
}

#[test]
fn other_bodies_of_the_same_length_are_suspect() {
    let bodies = comparison()
        .external()
        .each(|_, round, run| run.each(|response| response.body(&format!("it is 12:{round:02}"))));
    bodies.result().assert_suspect(&["bodies_differ"]);
}

#[test]
fn delays_that_no_response_reports_are_not_checked() {
    let silent = comparison()
        .external()
        .all(|run| run.each(Response::silent));
    let result = silent.result().assert_valid().assert_limit("unknown");
    let result = result.assert_unchecked("whether all strategies met the same delays");
    assert_eq!(result.strategy("async").fates_digest, None);
    assert!(result.strategy("async").bodies_digest.is_some());
}

/// flagpole's clean responses have no `Server-Timing`.
#[test]
fn responses_without_timing_beside_others_were_not_delayed() {
    let some = comparison()
        .external()
        .all(|run| run.responses(15, after(50)).and(5, after(0).silent()));
    let result = some.result().assert_valid().assert_limit("concurrency");
    assert!(result.strategy("async").fates_digest.is_some());
}

#[test]
fn attempts_that_all_time_out_leave_the_fates_unknown() {
    let timed_out = after(3_600_000).timed_out(20);
    let timeouts = comparison().all(|run| run.timeout(20).responses(20, timed_out.clone()));
    timeouts
        .result()
        .assert_suspect(&["fates_unknown"])
        .assert_limit("timeouts");
}

/// An interrupted run met only some of the fates: that says nothing about the server.
#[test]
fn fates_of_an_interrupted_run_are_not_compared() {
    let interrupted = comparison().rounds(5).each(|name, round, run| {
        if (name, round) == ("async", 5) {
            run.responses(3, after(50)).and(1, after(50).cancelled())
        } else {
            run
        }
    });
    let result = interrupted.result().assert_suspect(&["work_differs"]);
    assert!(result.strategy("async").fates_digest.is_some());
}
