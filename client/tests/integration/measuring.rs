//! Measured runs and their records are true.

use crate::test_server::{EACH_DRIVER, OK, TestServer, by_name, workload};
use flagpole_analysis::bound::{Bound, efficiency};
use flagpole_client::{Concurrency, Run, measure, strategy};
use flagpole_protocol::TimeoutKind;
use flagpole_protocol::{AttemptRecord, ContentDigest, Outcome};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

const DELAY: Duration = Duration::from_millis(20);

/// A server that delays its responses and reports the delay.
fn slow() -> TestServer {
    TestServer::responding(|_| {
        thread::sleep(DELAY);
        OK.replace(
            "\r\n\r\n",
            "\r\nServer-Timing: planned;dur=20.000, actual;dur=20.010\r\n\r\n",
        )
    })
}

#[test]
fn wall_time_is_never_below_the_bound() {
    let server = slow();
    let (workload, endpoint) = (workload("AA AB AC AD AE"), server.endpoint());
    for (strategy, bound) in strategy::ALL
        .iter()
        .map(|s| (s, if s.is_concurrent() { 3 } else { 5 }))
    {
        let run = Run::new(&workload, &endpoint).concurrency(Concurrency::new(2).unwrap());
        let measured = measure(*strategy, &run).unwrap();
        assert_eq!(
            Bound::for_run(&measured).unwrap().total(),
            bound * DELAY,
            "{}",
            strategy.name()
        );
        assert!(measured.wall >= bound * DELAY);
        assert!(efficiency(&measured).unwrap() <= 1.0);
        assert_eq!(measured.records.len(), 5);
        assert_eq!(measured.stats.ok, 5);
    }
}

#[test]
fn record_has_ordered_times_and_the_server_timing() {
    let server = slow();
    for strategy in EACH_DRIVER {
        let (_, records) = server.run(strategy, "AA AB", |run| run).unwrap();
        for record in &records {
            let first_byte = record.first_byte.unwrap();
            assert!(
                record.due <= record.sent && record.sent + DELAY <= first_byte,
                "{record:?}"
            );
            assert!(first_byte <= record.done);
            let timing = record.timing.as_ref().unwrap();
            assert_eq!(
                (timing.planned, record.status, record.bytes),
                (DELAY, Some(200), 29)
            );
        }
    }
}

#[test]
fn failed_attempt_records_what_was_received() {
    let server = TestServer::start(|_, connection| {
        connection.request();
        connection.send(
            "HTTP/1.1 200 OK\r\nServer-Timing: planned;dur=1.000\r\nContent-Length: 9\r\n\r\nhalf",
        );
        connection.hang();
    });
    // Enough for a busy machine to receive the part that is sent.
    let limit = Duration::from_secs(1);
    let (_, records) = server.run("async", "BR", |run| run.timeout(limit)).unwrap();
    let record = &records[0];
    assert_eq!(record.outcome, Outcome::Timeout(TimeoutKind::Total, limit));
    assert_eq!((record.status, record.bytes), (Some(200), 4));
    assert!(record.first_byte.is_some() && record.timing.is_some());
    assert!(record.service_time() >= limit || record.response_time() >= limit);
}

#[test]
fn run_without_server_timing_has_no_bound() {
    let server = TestServer::responding(|_| OK.into());
    let (workload, endpoint) = (workload("AA"), server.endpoint());
    let measured = measure(by_name("async"), &Run::new(&workload, &endpoint)).unwrap();
    assert_eq!(
        (Bound::for_run(&measured), efficiency(&measured)),
        (None, None)
    );
}

#[test]
fn measure_calls_the_record_callback_too() {
    let server = TestServer::responding(|_| OK.into());
    let (workload, endpoint) = (workload("AA AB"), server.endpoint());
    let observed = Mutex::new(Vec::new());
    let observe = |record: &AttemptRecord| observed.lock().unwrap().push(record.clone());
    let measured = measure(
        by_name("threads"),
        &Run::new(&workload, &endpoint).on_record(&observe),
    )
    .unwrap();
    assert_eq!(observed.into_inner().unwrap(), measured.records);
}

#[test]
fn records_have_the_digests_of_complete_bodies_only_if_asked() {
    let server = TestServer::responding(|_| OK.to_owned());
    let body = OK.split_once("\r\n\r\n").unwrap().1;
    let digest = ContentDigest::from_body(body.as_bytes()).short();
    for strategy in EACH_DRIVER {
        for (asked, expected) in [(false, None), (true, Some(digest))] {
            let (_, records) = server
                .run(strategy, "AA", |run| run.digest_bodies(asked))
                .unwrap();
            assert_eq!(records[0].body_digest, expected, "{strategy}");
        }
    }
}
