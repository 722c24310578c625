//! Load runs whose number of users changes, on several event loops.

use crate::loads::Records;
use crate::test_server::{OK, TestServer};
use flagpole_client::load::{LoadControl, LoadRun, LoadRunEnd};
use flagpole_client::{
    ArrivalProcess, ClosedSource, Expectation, LoadTarget, OpenSource, RecordSink, RequestMessage,
    RequestSource, Share, TargetOrder, TargetSequence, UserArrivals,
};
use flagpole_protocol::{AttemptRecord, Outcome};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

fn target_sequence() -> TargetSequence {
    TargetSequence::new(TargetOrder::Sequential, 0, [1])
}

/// Users who make one request after the other, with 10 ms between.
fn closed(share: Share) -> Box<dyn RequestSource> {
    let source = ClosedSource::with_changing_users(target_sequence(), share);
    Box::new(source.think((10 * MS).into(), 0))
}

/// Users who add 10 requests per second each.
fn open(share: Share) -> Box<dyn RequestSource> {
    let rate = "10/s".parse().unwrap();
    let arrivals = UserArrivals::new(rate, ArrivalProcess::Constant, 0, share);
    Box::new(OpenSource::with_changing_users(
        arrivals,
        target_sequence(),
        share,
    ))
}

type EndedRun = (Vec<AttemptRecord>, LoadRunEnd);

/// Starts a run on three event loops.
fn start(
    server: &TestServer,
    connections: usize,
    source: fn(Share) -> Box<dyn RequestSource>,
) -> (LoadControl, JoinHandle<EndedRun>) {
    let control = LoadControl::new();
    let (of_run, endpoint) = (control.clone(), server.endpoint());
    let run = thread::spawn(move || {
        let targets = [LoadTarget {
            endpoint: 0,
            path: "/".parse().unwrap(),
            message: RequestMessage::default(),
            weight: 1,
            expectation: Expectation::default(),
        }];
        let records = Records::default();
        let run = LoadRun::new(&targets, std::slice::from_ref(&endpoint), &source)
            .connections(connections)
            .loops(3)
            .control(&of_run);
        let sink = |_| Box::new(records.clone()) as Box<dyn RecordSink>;
        let end = run.run(&sink).unwrap();
        (records.0.lock().unwrap().clone(), end)
    });
    (control, run)
}

fn wait_until(condition: impl Fn() -> bool) {
    while !condition() {
        thread::sleep(MS);
    }
}

#[test]
fn users_come_and_go_while_the_run_goes_on() {
    let server = TestServer::responding(|_| OK.to_owned());
    let (control, run) = start(&server, 100, closed);
    for users in [7, 2, 0, 5] {
        control.set_users(users);
        wait_until(|| control.running_users() == users);
        let before = server.requests().len();
        if users > 0 {
            wait_until(|| server.requests().len() > before + 20);
        } else {
            thread::sleep(50 * MS);
            assert_eq!(server.requests().len(), before);
        }
    }
    control.stop_within(10_000 * MS);
    let (records, end) = run.join().unwrap();
    assert!(records.iter().all(|record| record.outcome == Outcome::Ok));
    assert_eq!(records.len(), server.requests().len());
    assert!(end.max_in_flight <= 7 && end.unsent == 0, "{end:?}");
    assert_eq!(control.running_users(), 0);
}

#[test]
fn users_that_were_taken_away_run_until_their_requests_end() {
    let is_open = Arc::new(AtomicBool::new(false));
    let gate = is_open.clone();
    let server = TestServer::responding(move |_| {
        wait_until(|| gate.load(Ordering::Relaxed));
        OK.to_owned()
    });
    let (control, run) = start(&server, 100, closed);
    control.set_users(6);
    wait_until(|| server.requests().len() == 6);
    control.set_users(1);
    thread::sleep(50 * MS);
    assert_eq!(control.running_users(), 6);
    is_open.store(true, Ordering::Relaxed);
    wait_until(|| control.running_users() == 1);
    control.stop_within(10_000 * MS);
    run.join().unwrap();
}

#[test]
fn requests_in_flight_at_the_end_of_the_grace_are_cancelled_and_those_that_wait_are_never_sent() {
    let server = TestServer::start(|_, connection| {
        connection.request();
        connection.hang();
    });
    let (control, run) = start(&server, 4, open);
    control.set_users(100);
    wait_until(|| server.requests().len() == 4 && control.elapsed() > Some(100 * MS));
    control.stop_within(3_600_000 * MS);
    control.stop_within(50 * MS);
    // Only shortens the time.
    control.stop_within(3_600_000 * MS);
    let (records, end) = run.join().unwrap();
    let count = |outcome| {
        records
            .iter()
            .filter(|each| each.outcome == outcome)
            .count()
    };
    assert_eq!(count(Outcome::Cancelled), 4);
    assert_eq!(count(Outcome::Unsent) as u64, end.unsent);
    assert!(end.unsent >= 90, "{end:?}");
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn requests_that_wait_when_the_run_is_stopped_are_not_sent_however_long_the_grace_is() {
    let server = TestServer::responding(|_| {
        thread::sleep(20 * MS);
        OK.to_owned()
    });
    let (control, run) = start(&server, 4, open);
    // 1000/s, of which 200/s are sent.
    control.set_users(100);
    wait_until(|| control.elapsed() > Some(200 * MS));
    control.stop_within(3_600_000 * MS);
    let (records, end) = run.join().unwrap();
    assert!(end.unsent > 0, "{end:?}");
    let sent = records.iter().filter(|record| record.was_sent());
    assert_eq!(sent.count(), server.requests().len());
}

#[test]
fn arrivals_of_all_loops_have_no_gap_when_the_users_change() {
    let server = TestServer::responding(|_| OK.to_owned());
    let (control, run) = start(&server, 100, open);
    for users in [20, 0, 70, 30] {
        let change = control.set_users(users);
        wait_until(|| control.elapsed() > Some(change.at + 100 * MS));
    }
    control.stop_within(10_000 * MS);
    let (mut records, _) = run.join().unwrap();
    records.sort_unstable_by_key(|record| record.download);
    let numbers = records.iter().map(|record| record.download);
    assert!(numbers.eq(1..=records.len()));
    assert!(records.len() > 10);
}
