//! Runs limited by a limit of the server.

use super::*;
use crate::bound::ServerRate;
use flagpole_protocol::{Outcome, Rejection, ServerTiming, TimeoutKind};

/// A download that the server rejected this many times, with this backoff in milliseconds after each.
fn rejected_download(
    download: usize,
    limit: Rejection,
    times: u32,
    backoff: u64,
) -> Vec<AttemptRecord> {
    let attempt = |attempt| {
        let mut record = run_of(&[ScenarioResponse::after(20)]).remove(0);
        (record.download, record.attempt) = (download, attempt);
        if attempt > 1 {
            (record.kind, record.backoff) = (AttemptKind::Retry, Duration::from_millis(backoff));
        }
        if attempt <= times {
            let fault = Some(limit.label().to_owned());
            record.timing = Some(ServerTiming {
                fault,
                ..ServerTiming::default()
            });
            (record.outcome, record.status) = (Outcome::Http(503), Some(503));
            (record.is_final, record.done) = (false, MS);
        }
        record
    };
    (1..=times + 1).map(attempt).collect()
}

#[test]
fn repeated_rejections_are_the_bottleneck() {
    for (limit, line) in [
        (
            Rejection::ConcurrencyLimit,
            "limited by server concurrency limit: 200 of 240 attempts rejected; raise the server's concurrency limit or lower the client's concurrency",
        ),
        (
            Rejection::RateLimit,
            "limited by server rate limit: 200 of 240 attempts rejected; raise the rate limit or send fewer requests",
        ),
    ] {
        let records: Vec<_> = (1..=40)
            .flat_map(|download| rejected_download(download, limit, 5, 500))
            .collect();
        let run = ObservedRun {
            wall: 2600 * MS,
            ..run(&records, 40)
        };
        assert_line(&run, line);
        let terms = Bottleneck::for_run(&run).terms.unwrap();
        assert_eq!(
            terms.total(),
            20 * MS,
            "rejections do not raise the bound: {limit:?}"
        );
    }
}

/// A download that was rejected several times is no straggler: a hedge would not help.
#[test]
fn backoff_of_a_few_rejected_downloads_is_the_concurrency_limit() {
    let mut records = run_of_delays(&[20; 40]);
    records.extend(rejected_download(41, Rejection::ConcurrencyLimit, 6, 400));
    let limits = with_limit(8);
    let wall = 2500 * MS;
    let run = ObservedRun {
        wall,
        limits,
        ..run(&records, 24)
    };
    assert_line(
        &run,
        "limited by server concurrency limit: lower bound 120 ms at the limit of 8, 6 of 47 attempts rejected; raise the server's concurrency limit or lower the client's concurrency",
    );
}

#[test]
fn mostly_rejected_run_is_limited_by_the_rate_limit() {
    let mut records = run_of_delays(&[5; 5]);
    for download in 6..=100 {
        records.extend(rejected_download(download, Rejection::RateLimit, 1, 0).drain(..1));
    }
    let rate = ServerRate {
        per_second: 20.0,
        burst: 20,
    };
    let limits = ServerLimits {
        rate: Some(rate),
        ..ServerLimits::default()
    };
    let run = ObservedRun {
        limits,
        wall: 8 * MS,
        ..run(&records, 20)
    };
    assert_line(
        &run,
        "limited by server rate limit: 20/s after 20, 95 of 100 attempts rejected; raise the rate limit or send fewer requests",
    );
}

/// 20 connections with a timeout of 150 ms, responses of 100 ms, a concurrency limit of 4.
#[test]
fn timeouts_in_the_queue_are_the_concurrency_limit() {
    let limit = 150 * MS;
    let mut records = run_of_delays(&[100; 60]);
    for record in &mut records[12..] {
        let timeout = Outcome::Timeout(TimeoutKind::Total, limit);
        (record.outcome, record.status, record.done) = (timeout, None, limit);
    }
    let limits = with_limit(4);
    let queued = ObservedRun {
        timeout: Some(limit),
        wall: 450 * MS,
        limits,
        ..run(&records, 20)
    };
    assert_line(
        &queued,
        "limited by server concurrency limit: lower bound 300 ms at the limit of 4, 48 timed out in the queue; raise the server's concurrency limit",
    );
    let limits = ServerLimits::default();
    let late = ObservedRun { limits, ..queued };
    assert_eq!(
        Bottleneck::for_run(&late).kind,
        BottleneckKind::ServerLateness
    );
}

/// Bodies of 300 ms with a timeout of 100 ms: those that arrive hold the permits.
#[test]
fn slow_bodies_hold_permits_while_others_wait() {
    let limit = 100 * MS;
    let trickled = ScenarioResponse {
        pacing: 300,
        ..ScenarioResponse::after(0)
    };
    let mut records = run_of(&[trickled; 24]);
    for (place, record) in records.iter_mut().enumerate() {
        record.outcome = Outcome::Timeout(TimeoutKind::Total, limit);
        record.done = limit;
        record.first_byte = Some(Duration::ZERO);
        if place % 8 >= 3 {
            (record.status, record.first_byte) = (None, None);
        }
    }
    let limits = with_limit(3);
    let queued = ObservedRun {
        timeout: Some(limit),
        wall: 305 * MS,
        limits,
        ..run(&records, 8)
    };
    assert_line(
        &queued,
        "limited by server concurrency limit: lower bound 300 ms at the limit of 3, 15 timed out in the queue; raise the server's concurrency limit",
    );
}

#[test]
fn rate_limit_slower_than_the_delays() {
    let records = run_of_delays(&[5; 110]);
    let rate = ServerRate {
        per_second: 100.0,
        burst: 10,
    };
    let limits = ServerLimits {
        rate: Some(rate),
        ..ServerLimits::default()
    };
    let wall = 1010 * MS;
    let limited = ObservedRun {
        wall,
        limits,
        ..run(&records, 20)
    };
    assert_line(
        &limited,
        "limited by server rate limit: lower bound 1.00 s at 100/s after 10; raise the rate limit or send fewer requests",
    );
}

#[test]
fn bandwidth_with_the_largest_bound_is_the_limit() {
    let mut records = run_of_delays(&[5; 4]);
    for record in &mut records {
        record.bytes = 250;
    }
    let limited = ObservedRun {
        limits: ServerLimits {
            bytes_per_second: Some(1000),
            concurrency: Some(2),
            ..ServerLimits::default()
        },
        wall: Duration::from_millis(1100),
        ..run(&records, 4)
    };
    assert_line(
        &limited,
        "limited by server bandwidth: lower bound 1.00 s for 1000 bytes at 1000 bytes/s; raise the server's bandwidth or \
         download fewer bytes",
    );
}

#[test]
fn rate_close_to_zero_is_handled() {
    let records = run_of_delays(&[5; 2]);
    let rate = ServerRate {
        per_second: 1e-300,
        burst: 0,
    };
    let limits = ServerLimits {
        rate: Some(rate),
        ..ServerLimits::default()
    };
    let limited = ObservedRun {
        limits,
        ..run(&records, 2)
    };
    assert_eq!(
        Bottleneck::for_run(&limited).kind,
        BottleneckKind::ServerRateLimit
    );
}
