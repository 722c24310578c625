//! The figures of simulated runs.

use crate::simulation::{MS, SECOND, Simulation, constant, poisson};
use flagpole_analysis::load::{LoadResult, ObservedLoad};
use flagpole_protocol::Outcome;

fn result(observed: &ObservedLoad) -> LoadResult {
    LoadResult::from(observed)
}

#[test]
fn rates_count_what_ended_within_the_window() {
    let slow = Simulation {
        work: |_, _| 500 * MS,
        ..Simulation::default()
    };
    let figures = result(&slow.at_rate(100.0)).figures;
    assert_eq!(figures.asked_per_s, Some(100.0));
    assert_eq!(figures.requests, 1000);
    assert!(
        (94.9..=95.1).contains(&figures.requests_per_s),
        "{}",
        figures.requests_per_s
    );
    assert_eq!(figures.unfinished, 0);
}

/// A stop of 2 s in a run of 10 s at 200/s: 20% of the requests wait for up to 2 s, evenly spread, so the 99th percentile
/// is 1.9 s, and not the few milliseconds that a generator measures that waits with the server.
#[test]
fn stop_of_the_server_is_in_the_percentiles() {
    let run = Simulation {
        stopped: Some((4 * SECOND, 6 * SECOND)),
        ..Simulation::default()
    };
    let p99 = result(&run.at_rate(200.0))
        .figures
        .response_time
        .p99
        .unwrap();
    let expected = 1.902e6;
    assert!((p99.us as f64 / expected - 1.0).abs() < 0.02, "{p99:?}");
    assert!(!p99.is_lower_bound);
}

#[test]
fn parts_add_up_to_the_mean_response_time() {
    let run = Simulation {
        lateness: |i| i % 7 * 100,
        ..Simulation::default()
    };
    let figures = result(&run.at_rate(500.0)).figures;
    let parts: f64 = figures
        .parts
        .named()
        .iter()
        .map(|(_, part)| part.mean_us)
        .sum();
    let mean = figures.response_time.mean_us.unwrap();
    assert!((parts - mean).abs() < 0.1, "{parts} {mean}");
    let shares: f64 = figures
        .parts
        .named()
        .iter()
        .map(|(_, part)| part.share)
        .sum();
    assert!((shares - 1.0).abs() < 1e-9);
}

#[test]
fn unfinished_requests_make_lower_bounds() {
    // From 9.9 s on, the server needs longer than the grace period.
    let work = |_, at| if at > 9_900_000 { 60 * SECOND } else { 2 * MS };
    let run = Simulation {
        work,
        ..Simulation::default()
    };
    let figures = result(&run.at_rate(1000.0)).figures;
    assert_eq!(figures.unfinished, 100);
    let response = figures.response_time;
    assert!(response.p99_9.unwrap().is_lower_bound && !response.p95.unwrap().is_lower_bound);
}

#[test]
fn failures_are_not_in_the_percentiles_of_successes() {
    let run = Simulation {
        work: |i, _| if i % 10 == 0 { 5 * SECOND } else { MS },
        outcome: |i| {
            if i % 10 == 0 {
                Outcome::Http(503)
            } else {
                Outcome::Ok
            }
        },
        ..Simulation::default()
    };
    let run = Simulation {
        grace: 5 * SECOND,
        ..run
    };
    let figures = result(&run.at_rate(200.0)).figures;
    assert!(figures.response_time.max_us.unwrap() < 10 * MS);
    assert!(figures.failed_response_time.p50.unwrap().us > SECOND);
    assert!((figures.error_share() - 0.1).abs() < 1e-9);
}

/// Pollaczek and Khinchine: the mean wait in M/D/1 is ρS / 2(1 - ρ).
#[test]
fn simulated_queue_agrees_with_the_formula() {
    let run = Simulation {
        places: 1,
        work: |_, _| 2 * MS,
        lateness: |_| 0,
        window: 100 * SECOND,
        ..Simulation::default()
    };
    let due = poisson(350.0, run.window, 7);
    let mean = result(&run.open(350.0, &due))
        .figures
        .response_time
        .mean_us
        .unwrap()
        / 1000.0;
    let expected = 2.0 + 0.7 * 2.0 / (2.0 * 0.3);
    assert!((mean / expected - 1.0).abs() < 0.05, "{mean} {expected}");
    assert_eq!(constant(100.0, SECOND).len(), 100);
}

#[test]
fn document_reads_back() {
    let result = result(&Simulation::default().closed(50));
    let json = serde_json::to_string(&result).unwrap();
    let read: LoadResult = serde_json::from_str(&json).unwrap();
    assert_eq!(read, result);
}
