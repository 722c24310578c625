//! Runs limited by faults: pauses, slow heads, timeouts.

use super::*;
use flagpole_protocol::{Outcome, ServerTiming, TimeoutKind};

/// 30 downloads of 30 ms whose responses are followed by a pause of 200 ms (`hang:100%,for=200ms`).
fn paused(opened: usize) -> Vec<AttemptRecord> {
    let paused = ScenarioResponse {
        pause: 200,
        ..ScenarioResponse::after(30)
    };
    let mut records = run_of(&[paused; 30]);
    for record in &mut records[opened..] {
        record.reused_connection = true;
    }
    records
}

/// An attempt that timed out after 100 ms without a head.
fn timed_out(record: &AttemptRecord) -> AttemptRecord {
    AttemptRecord {
        outcome: Outcome::Timeout(TimeoutKind::Total, 100 * MS),
        status: None,
        first_byte: None,
        timing: None,
        done: 100 * MS,
        ..record.clone()
    }
}

#[test]
fn pauses_on_reused_connections_limit_the_run() {
    let records = paused(4);
    assert_line(
        &run(&records, 4),
        "limited by connection pauses: lower bound 1.52 s, pauses of 6.00 s after 30 responses on 4 connections; do not reuse connections (--no-reuse), or raise the concurrency",
    );
}

#[test]
fn paused_connection_of_a_sequential_run_asks_for_concurrency() {
    let remedy = Bottleneck::for_run(&run(&paused(1), 1)).remedy;
    let expected = "do not reuse connections (--no-reuse), or download concurrently";
    assert_eq!(remedy, expected);
}

#[test]
fn pauses_are_no_limit_if_no_connection_is_reused() {
    let records = paused(30);
    assert_line(
        &run(&records, 4),
        "limited by concurrency: lower bound 240 ms at 4, longest download 30.0 ms; raise the concurrency (the lower bound falls until 30)",
    );
}

/// `hang:100%` with a timeout: every second request is sent to a connection that never takes it.
#[test]
fn timeouts_in_a_pause_are_connection_pauses() {
    let mut records = Vec::new();
    for (download, response) in (1..).zip(paused(30)) {
        let first = AttemptRecord {
            download,
            is_final: false,
            reused_connection: true,
            ..timed_out(&response)
        };
        let retry = AttemptRecord {
            download,
            attempt: 2,
            kind: AttemptKind::Retry,
            ..response
        };
        records.extend([first, retry]);
    }
    let external = ObservedRun {
        timeout: Some(100 * MS),
        ..run(&records, 4)
    };
    let line = "limited by connection pauses: 30 of 60 attempts timed out while the connection paused after a response; do not reuse connections (--no-reuse), or raise the concurrency";
    assert_line(&external, line);
    // flagpole's own server: the plan of attempts without a head is known, and is shorter than the timeout.
    let mut records = records.clone();
    for record in &mut records {
        record.timing = run_of_delays(&[30])[0].timing.clone();
        if record.status.is_some() {
            record.timing.as_mut().unwrap().pause_after = ServerTiming::ENDLESS;
        }
    }
    let own = ObservedRun {
        records: &records,
        wall: 1000 * MS,
        ..external
    };
    assert_line(&own, line);
}

#[test]
fn slow_heads_are_not_slow_bodies() {
    let mut records = run_of_delays(&[10; 8]);
    for record in &mut records {
        record.timing.as_mut().unwrap().paced_head = 300 * MS;
    }
    assert_line(
        &run(&records, 2),
        "limited by slow head: slow heads are 1.20 s of the lower bound of 1.24 s; raise the concurrency (the lower bound falls until 8)",
    );
    assert_line(
        &run(&records, 8),
        "limited by slow head: slow heads are 300 ms of the lower bound of 310 ms; send heads faster",
    );
}

#[test]
fn attempts_that_time_out_limit_by_timeouts() {
    let mut records = run_of_delays(&[30; 30]);
    for record in &mut records {
        *record = timed_out(record);
        record.timing = run_of_delays(&[9000])[0].timing.clone();
    }
    assert_line(
        &ObservedRun {
            timeout: Some(100 * MS),
            ..run(&records, 30)
        },
        "limited by timeouts: 30 of 30 attempts timed out, 100 ms of the lower bound of 100 ms; respond sooner or shorten the timeout",
    );
}
