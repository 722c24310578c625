//! Servers that did something else than they planned.

use crate::comparison::comparison;
use crate::response::after;

#[test]
fn late_own_server_is_invalid() {
    let late = comparison().all(|run| run.each(|response| response.late(60)));
    late.result()
        .assert_invalid(&["server_late"])
        .assert_limit("server_lateness");
}

#[test]
fn slightly_late_server_is_suspect() {
    let late = comparison().only("async", |run| run.each(|response| response.late(3)));
    let result = late.result().assert_suspect(&["server_late"]);
    result
        .assert_message("the server was too late for async: p99 lateness 3.00 ms")
        .assert_limit("concurrency");
}

/// The server itself reports that 100 ms passed instead of 50.
#[test]
fn lateness_that_an_external_server_reports_is_invalid() {
    let late = comparison()
        .external()
        .all(|run| run.each(|response| response.late(60)));
    late.result()
        .assert_invalid(&["server_late"])
        .assert_limit("server_lateness");
}

#[test]
fn lateness_counts_against_the_short_delays() {
    let mixture = comparison().all(|run| {
        run.responses(10, after(1).late(50))
            .and(10, after(1000).late(50))
    });
    let result = mixture.result().assert_invalid(&["server_late"]);
    result.assert_message("p99 lateness 50.0 ms in the median of 10 rounds, limit 4.00 ms;");
}

#[test]
fn queue_of_an_external_server_is_not_lateness() {
    let queue = comparison()
        .external()
        .all(|run| run.concurrency(20).responses(40, after(20)).permits(4));
    queue
        .result()
        .assert_valid()
        .assert_limit("server_concurrency_limit");
}

/// The server says 50 ms, but a proxy adds 100.
#[test]
fn delay_that_an_external_server_does_not_report_is_a_limit() {
    let proxy = comparison()
        .external()
        .all(|run| run.each(|response| response.unreported(100)));
    proxy
        .result()
        .assert_valid()
        .assert_limit("unreported_delay");
}

#[test]
fn early_responses_are_invalid() {
    comparison()
        .early_responses(2)
        .result()
        .assert_invalid(&["early_responses"])
        .assert_message("2 responses sent early");
}

/// The server says that it delays by 60 ms, and delays by 50.
#[test]
fn wall_time_below_the_bound_is_invalid() {
    let hasty = comparison()
        .external()
        .all(|run| run.responses(20, after(60)).wall(205));
    hasty
        .result()
        .assert_invalid(&["below_bound"])
        .assert_message("faster than the planned delays allow");
}

#[test]
fn requests_of_another_client_are_invalid() {
    let shared = comparison()
        .each(|name, round, run| run.other_requests(u64::from((name, round) == ("async", 4))));
    let result = shared.result().assert_invalid(&["ledger_mismatch"]);
    result.assert_message(
        "round 4: async recorded 20 attempts that reached the server, the server's ledger has 21",
    );
}
