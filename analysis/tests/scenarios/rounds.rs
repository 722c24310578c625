//! The number of rounds, rounds that drift, and stalled rounds.

use crate::comparison::{Scenario, comparison};
use crate::run::ms;

#[test]
fn four_rounds_are_suspect_and_five_are_valid() {
    comparison()
        .rounds(4)
        .result()
        .assert_suspect(&["few_rounds"]);
    comparison().rounds(5).result().assert_valid();
}

#[test]
fn missing_rounds_are_invalid() {
    comparison()
        .requested(20)
        .result()
        .assert_invalid(&["rounds_missing"]);
}

#[test]
fn rounds_that_become_slower_are_suspect() {
    let drift = comparison().each(|_, round, run| run.tail(ms(5 * round as u64)));
    drift.result().assert_suspect(&["rounds_drift"]);
}

/// In round 3 the server is 40 ms late for one strategy.
fn with_a_stall(scenario: Scenario) -> Scenario {
    scenario.each(|name, round, run| match (name, round) {
        ("async", 3) => run.each(|response| response.late(40)),
        _ => run,
    })
}

#[test]
fn stalled_round_is_repeated_and_counted() {
    let result = with_a_stall(comparison().rounds(11))
        .repeats(10)
        .result()
        .assert_valid();
    assert_eq!(result.cell().rounds, 10);
    let repeated = &result.cell().repeated_rounds;
    assert_eq!(repeated.len(), 1, "{repeated:?}");
    assert_eq!(
        (
            repeated[0].round,
            &*repeated[0].strategy,
            &*repeated[0].label
        ),
        (3, "async", "server_late")
    );
}

#[test]
fn stalled_round_that_is_kept_is_suspect() {
    with_a_stall(comparison())
        .result()
        .assert_suspect(&["server_late"]);
}

/// A round is not repeated because it is slow.
#[test]
fn slow_round_on_an_idle_machine_is_not_repeated() {
    let slow = comparison()
        .rounds(10)
        .each(|name, round, run| match (name, round) {
            ("async", 3) => run.wall(400),
            _ => run,
        });
    let result = slow.repeats(10).result();
    assert_eq!(
        (result.cell().rounds, result.cell().repeated_rounds.len()),
        (10, 0)
    );
}

/// The machine stalls in every round, so that repeating does not help.
#[test]
fn machine_that_always_stalls_makes_the_comparison_invalid() {
    let stalls = comparison()
        .rounds(11)
        .all(|run| run.each(|response| response.late(60)));
    stalls.repeats(10).result().assert_invalid(&["server_late"]);
}
