//! The terms of runs with known plans and limits.

use super::*;
use crate::test_runs::{ScenarioResponse, run_of, run_of_delays};
use flagpole_protocol::{Outcome, Rejection, TimeoutKind};

const MS: Duration = Duration::from_millis(1);

fn terms(records: &[AttemptRecord], concurrency: usize, limits: ServerLimits) -> BoundTerms {
    BoundTerms::for_attempts(records, concurrency, None, limits).unwrap()
}

fn limit(concurrency: usize) -> ServerLimits {
    ServerLimits {
        concurrency: Some(concurrency),
        ..ServerLimits::default()
    }
}

fn reject(record: &mut AttemptRecord, limit: Rejection) {
    record.timing.as_mut().unwrap().fault = Some(limit.label().into());
}

#[test]
fn concurrency_limit_bounds_like_the_clients_concurrency() {
    let terms = terms(&run_of_delays(&[50; 16]), 16, limit(4));
    let expected = (200_000, 50_000);
    assert_eq!(
        (terms.server_concurrency_limit_us, terms.critical_path_us),
        expected
    );
    assert_eq!((terms.total(), terms.max_useful_concurrency), (200 * MS, 4));
}

#[test]
fn cancelled_and_rejected_requests_hold_no_permit() {
    let mut records = run_of_delays(&[50; 4]);
    records[0].outcome = Outcome::Cancelled;
    reject(&mut records[1], Rejection::ConcurrencyLimit);
    let terms = terms(&records, 4, limit(1));
    assert_eq!(terms.server_concurrency_limit_us, 100_000);
}

#[test]
fn timeout_within_the_body_held_a_permit_from_the_head_on() {
    let mut records = run_of_delays(&[50; 4]);
    for record in &mut records[..2] {
        record.outcome = Outcome::Timeout(TimeoutKind::Total, 100 * MS);
        (record.first_byte, record.done) = (Some(70 * MS), 100 * MS);
    }
    let terms = terms(&records, 4, limit(1));
    assert_eq!(terms.server_concurrency_limit_us, 160_000);
}

#[test]
fn rate_limit_applies_to_admitted_requests_beyond_the_burst() {
    let per_second = 100.0;
    let limits = |burst| ServerLimits {
        rate: Some(ServerRate { per_second, burst }),
        ..ServerLimits::default()
    };
    let mut records = run_of_delays(&[50; 60]);
    let rate_limit = |records: &[_], burst| terms(records, 60, limits(burst)).server_rate_limit_us;
    assert_eq!(rate_limit(&records, 10), 500_000);
    assert_eq!(rate_limit(&records, 100), 0);
    for record in &mut records[..20] {
        reject(record, Rejection::RateLimit);
    }
    assert_eq!(rate_limit(&records, 10), 300_000);
    for record in &mut records[20..30] {
        let timeout = Outcome::Timeout(TimeoutKind::Total, 50 * MS);
        (record.outcome, record.status) = (timeout, None);
    }
    let reason = "attempts without a head were perhaps not admitted";
    assert_eq!(rate_limit(&records, 10), 200_000, "{reason}");
}

#[test]
fn bandwidth_applies_to_all_bytes_that_were_received() {
    let limits = ServerLimits {
        bytes_per_second: Some(1_000_000),
        ..ServerLimits::default()
    };
    let mut records = run_of_delays(&[50; 4]);
    for record in &mut records {
        record.bytes = 200_000;
    }
    let limited = terms(&records, 4, limits);
    assert_eq!(limited.server_bandwidth_us, 800_000);
    assert_eq!(limited.total(), 800 * MS);
    let unlimited = terms(&records, 4, ServerLimits::default());
    assert_eq!(unlimited.server_bandwidth_us, 0);
}

#[test]
fn bound_includes_backoff_and_pacing() {
    let slow = ScenarioResponse {
        pacing: 300,
        ..ScenarioResponse::after(50)
    };
    let paced = terms(&run_of(&[slow; 4]), 2, ServerLimits::default());
    assert_eq!(
        (paced.total(), paced.includes_pacing_us),
        (700 * MS, 600_000)
    );
    let retried = ScenarioResponse {
        retry_after: Some(400),
        ..ScenarioResponse::after(50)
    };
    let run = run_of(&[retried, ScenarioResponse::after(50)]);
    let retried = terms(&run, 2, ServerLimits::default());
    assert_eq!(
        (retried.total(), retried.critical_path_us),
        (500 * MS, 500_000)
    );
    assert_eq!(
        (retried.includes_backoff_us, retried.includes_pacing_us),
        (400_000, 0)
    );
}

#[test]
fn serialises_whole_microseconds() {
    let terms = terms(&run_of_delays(&[50]), 1, ServerLimits::default());
    let json = serde_json::to_value(terms).unwrap();
    assert_eq!(json["critical_path_us"], 50_000);
    assert_eq!(json["max_useful_concurrency"], 1);
}
