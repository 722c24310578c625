//! Runs against servers at a URL, of which only `Server-Timing` is known.

use super::*;
use flagpole_protocol::{Outcome, TimeoutKind};

/// The line about 30 downloads at concurrency 4 that took this wall time in milliseconds.
fn external(response: ScenarioResponse, wall: u64) -> String {
    let records = run_of(&[response; 30]);
    let run = ObservedRun {
        wall: Duration::from_millis(wall),
        is_external: true,
        ..run(&records, 4)
    };
    Bottleneck::for_run(&run).to_string()
}

#[test]
fn server_that_reports_half_of_its_delay_is_found_out() {
    let response = ScenarioResponse {
        unreported: 51,
        ..ScenarioResponse::after(50)
    };
    assert_eq!(
        external(response, 810),
        "limited by unreported delay: responses took 51.0 ms longer than the server reports (median); look for the time in the network, in a proxy, or in a wrong `Server-Timing`"
    );
}

#[test]
fn server_that_reports_its_lateness_is_late() {
    let response = ScenarioResponse {
        lateness: 51,
        ..ScenarioResponse::after(50)
    };
    assert_eq!(
        external(response, 810),
        "limited by server lateness: lower bound 400 ms as planned, 808 ms as served; give the server more CPU or send fewer concurrent requests"
    );
}

#[test]
fn server_that_reports_a_queue_has_a_concurrency_limit() {
    let response = ScenarioResponse {
        queued: 450,
        ..ScenarioResponse::after(50)
    };
    assert_eq!(
        external(response, 4010),
        "limited by server concurrency limit: 30 of 30 attempts waited for a permit, 450 ms at the median; raise the server's concurrency limit"
    );
}

/// What a request that timed out waited for is not known, but others waited for a permit.
#[test]
fn timeouts_beside_a_queue_are_the_concurrency_limit() {
    let queued = ScenarioResponse {
        queued: 30,
        ..ScenarioResponse::after(20)
    };
    let mut records = run_of(&[queued; 30]);
    for record in &mut records[8..] {
        record.outcome = Outcome::Timeout(TimeoutKind::Total, 50 * MS);
        (record.status, record.timing, record.first_byte) = (None, None, None);
    }
    let run = ObservedRun {
        is_external: true,
        timeout: Some(50 * MS),
        ..run(&records, 16)
    };
    assert_line(
        &run,
        "limited by server concurrency limit: 8 of 30 attempts waited for a permit, 30.0 ms at the median, 22 timed out; raise the server's concurrency limit",
    );
}

#[test]
fn larger_of_lateness_and_unreported_delay_is_named() {
    let both = |lateness, unreported| ScenarioResponse {
        lateness,
        unreported,
        ..ScenarioResponse::after(50)
    };
    // Neither explains half of the rest alone.
    let late = external(both(30, 25), 880);
    assert!(late.starts_with("limited by server lateness"), "{late}");
    let unreported = external(both(25, 30), 880);
    assert!(
        unreported.starts_with("limited by unreported delay"),
        "{unreported}"
    );
}
