//! Reports in Locust's terms.

use super::*;
use flagpole_protocol::LatencyStats;
use std::time::Duration;

fn endpoint(name: &str, micros: &[u64], failures: u64) -> EndpointReport {
    let mut response_time = LatencyStats::default();
    for &micros in micros {
        response_time.record(Duration::from_micros(micros));
    }
    let count = micros.len() as u64;
    EndpointReport {
        method: "GET".to_owned(),
        name: name.to_owned(),
        requests: count,
        ended: count,
        failures,
        response_time,
        bytes: 10 * count,
        requests_per_second: BTreeMap::from([(100, count)]),
        failures_per_second: BTreeMap::from([(100, failures)]),
        last_request_unix_s: 100.5,
        errors: BTreeMap::from([("status 500".to_owned(), failures)]),
    }
}

fn data(endpoints: &[EndpointReport]) -> StatsData {
    let report = WorkerReport {
        endpoints: endpoints.to_vec(),
        log: "#[x]\n".to_owned(),
    };
    let users = BTreeMap::from([("Reader".to_owned(), 2), ("Writer".to_owned(), 1)]);
    stats_data(&report, &users, 97.5)
}

#[test]
fn failures_count_as_requests_too() {
    let data = data(&[endpoint("/a", &[1000, 2000], 2)]);
    let entry = &data.stats[0];
    assert_eq!((entry.num_requests, entry.num_failures), (2, 2));
    assert_eq!(entry.total_response_time.to_bits(), 3.0_f64.to_bits());
    assert_eq!(entry.min_response_time, Some(1.0));
}

#[test]
fn total_is_the_sum_of_all_endpoints() {
    let total = data(&[endpoint("/a", &[1000, 2000], 1), endpoint("/b", &[337], 0)]).stats_total;
    assert_eq!(
        (total.name.as_str(), total.method.as_str()),
        ("Aggregated", "")
    );
    assert_eq!(
        (
            total.num_requests,
            total.num_failures,
            total.total_content_length
        ),
        (3, 1, 30)
    );
    assert_eq!(
        total.response_times.0,
        BTreeMap::from([(337, 1), (1003, 1), (2000, 1)])
    );
    assert_eq!(total.min_response_time, Some(0.337));
    assert_eq!(total.num_reqs_per_sec, BTreeMap::from([(100, 3)]));
}

#[test]
fn without_requests_there_is_no_minimum_and_no_last_request() {
    let total = data(&[]).stats_total;
    assert_eq!(
        (total.min_response_time, total.last_request_timestamp),
        (None, None)
    );
    assert_eq!(
        (total.num_requests, total.max_response_time.to_bits()),
        (0, 0)
    );
}

#[test]
fn requests_without_a_time_are_counted_apart() {
    let mut one = endpoint("/a", &[1000], 0);
    one.requests = 3;
    assert_eq!(data(&[one]).stats[0].num_none_requests, 2);
}

#[test]
fn errors_of_the_same_text_are_one_for_all_workers() {
    let data = data(&[
        endpoint("/a", &[1, 2], 2),
        endpoint("/a", &[3], 1),
        endpoint("/b", &[4], 1),
    ]);
    let counts: Vec<_> = (data.errors.iter())
        .map(|(key, error)| (key.as_str(), error.occurrences, error.first_seen.to_bits()))
        .collect();
    let first = 100.0_f64.to_bits();
    assert_eq!(
        counts,
        [
            ("GET /a status 500", 3, first),
            ("GET /b status 500", 1, first)
        ]
    );
}

#[test]
fn users_and_log_are_passed_on() {
    let data = data(&[]);
    assert_eq!((data.user_count, data.flagpole_log.as_str()), (3, "#[x]\n"));
}
