//! Reused connections that end without a byte of a response.

use crate::test_server::{ASYNC_DRIVERS, EACH_DRIVER, OK, TestServer, by_name, workload};
use flagpole_client::policy::Retry;
use flagpole_client::{Policy, Run};
use flagpole_protocol::{AttemptKind, AttemptRecord, Outcome};
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Duration;

/// Each connection serves one request, and ends at the second without a response.
fn server() -> TestServer {
    TestServer::start(|_, connection| {
        connection.serve();
        connection.request();
    })
}

const CODES: &str = "BR CN DE FR IN JP MX US";

#[test]
fn request_is_repeated_once_on_a_fresh_connection() {
    let policy = Policy {
        retry_stale: true,
        ..Policy::default()
    };
    for strategy in EACH_DRIVER {
        let server = server();
        let (stats, records) = server
            .run(strategy, CODES, |run| run.policy(policy.clone()))
            .unwrap();
        assert_eq!((stats.ok, stats.error), (8, 0));
        for record in records
            .iter()
            .filter(|record| record.outcome != Outcome::Ok)
        {
            assert!(record.reused_connection && !record.is_final);
        }
        let is_repeated = |kind| kind == AttemptKind::Retry;
        for record in records.iter().filter(|record| is_repeated(record.kind)) {
            assert!(!record.reused_connection, "{record:?}");
            assert_eq!((record.attempt, record.request_number), (2, 1));
            assert!(record.backoff.is_zero());
        }
    }
}

#[test]
fn without_the_policy_the_download_fails() {
    for strategy in EACH_DRIVER {
        let (stats, _) = server().run(strategy, CODES, |run| run).unwrap();
        assert!(stats.error > 0);
    }
}

#[test]
fn ordinary_retry_uses_a_fresh_connection() {
    let policy = Policy {
        retry: Retry {
            max_attempts: 2,
            base_delay: Duration::ZERO,
            ..Retry::default()
        },
        ..Policy::default()
    };
    for strategy in EACH_DRIVER {
        let server = server();
        let (stats, _) = server
            .run(strategy, CODES, |run| run.policy(policy.clone()))
            .unwrap();
        assert_eq!((stats.ok, stats.error), (8, 0), "{strategy}");
    }
}

/// Connection 0 dies at its second request. Connection 1 gets its first response only when the client has noticed that,
/// and connection 2 when the request after that has arrived, over whichever connection.
fn reuse_after_a_death(strategy: &str) {
    let ((died, has_died), (sent, is_sent)) = (channel(), channel());
    let (has_died, sent, is_sent) = (Mutex::new(has_died), Mutex::new(sent), Mutex::new(is_sent));
    let server = TestServer::start(move |index, connection| {
        let next_is_sent = || sent.lock().unwrap().send(()).unwrap();
        connection.request();
        match index {
            0 => {
                connection.send(OK);
                connection.request();
                return;
            }
            1 => has_died.lock().unwrap().recv().unwrap(),
            2 => is_sent.lock().unwrap().recv().unwrap(),
            _ => next_is_sent(),
        }
        connection.send(OK);
        if connection.request().is_some() {
            next_is_sent();
            connection.send(OK);
        }
    });
    let died = Mutex::new(died);
    let on_record = |record: &AttemptRecord| {
        if record.outcome == Outcome::EmptyReply {
            died.lock().unwrap().send(()).unwrap();
        }
    };
    let (workload, endpoint) = (workload("BR CN DE FR IN"), server.endpoint());
    let run = Run::new(&workload, &endpoint).concurrency("2".parse().unwrap());
    let stats = by_name(strategy).run(&run.on_record(&on_record)).unwrap();
    assert_eq!((stats.ok, stats.error, server.connections()), (4, 1, 4));
}

#[test]
fn connections_from_before_the_death_of_one_are_not_reused() {
    ASYNC_DRIVERS.into_iter().for_each(reuse_after_a_death);
}
