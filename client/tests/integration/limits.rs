//! Limits on what a server may do with a client's time: stalls, slow bodies, interim responses, the end of the run.

use crate::test_server::{EACH_DRIVER, LONG, OK, ServerConnection, TestServer};
use flagpole_client::Policy;
use flagpole_client::policy::{SpeedLimit, Timeouts};
use flagpole_protocol::{AttemptRecord, Outcome, TimeoutKind};
use std::thread::sleep;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(100);
const PAUSE: Duration = Duration::from_millis(10);
const INTERIM: &str = "HTTP/1.1 102 Processing\r\n\r\n";

/// The record of one download from a server with this script, by each driver.
fn records(
    script: impl Fn(&mut ServerConnection) + Send + Sync + Copy + 'static,
    policy: &Policy,
) -> impl Iterator<Item = AttemptRecord> {
    EACH_DRIVER.into_iter().map(move |strategy| {
        let server = TestServer::start(move |_, connection| {
            connection.request();
            script(connection);
        });
        let run = server.run(strategy, "BR", |run| run.policy(policy.clone()));
        run.unwrap().1.remove(0)
    })
}

fn limited(timeouts: Timeouts) -> Policy {
    Policy {
        timeouts: Timeouts {
            total: Some(LONG),
            ..timeouts
        },
        ..Policy::default()
    }
}

fn assert_timeout(record: &AttemptRecord, kind: TimeoutKind) {
    assert!(
        matches!(record.outcome, Outcome::Timeout(found, _) if found == kind),
        "{:?} is no timeout of {kind:?}",
        record.outcome
    );
    assert!(record.service_time() < LONG, "it ended later");
}

/// Sends a piece again and again until the client has closed the connection.
fn repeat(connection: &mut ServerConnection, piece: &str) {
    while !connection.has_failed() {
        connection.send(piece);
        sleep(PAUSE);
    }
}

#[test]
fn body_that_stops_exceeds_the_stall_limit() {
    let policy = limited(Timeouts {
        stall: Some(SHORT),
        ..Timeouts::NONE
    });
    let script = |connection: &mut ServerConnection| {
        connection.send(&OK[..60]);
        connection.hang();
    };
    for record in records(script, &policy) {
        assert_timeout(&record, TimeoutKind::Stall);
        assert_eq!((record.status, record.bytes), (Some(200), 60 - 38 - 1));
    }
}

#[test]
fn slow_body_that_moves_does_not_exceed_the_stall_limit() {
    let policy = limited(Timeouts {
        stall: Some(LONG / 2),
        ..Timeouts::NONE
    });
    let script = |connection: &mut ServerConnection| {
        for byte in OK.as_bytes() {
            connection.send([*byte]);
        }
        connection.hang();
    };
    for record in records(script, &policy) {
        assert_eq!(record.outcome, Outcome::Ok);
    }
}

#[test]
fn body_that_trickles_exceeds_the_speed_limit() {
    let policy = limited(Timeouts {
        speed: Some(SpeedLimit {
            bytes_per_second: 1_000_000,
            over: SHORT,
        }),
        ..Timeouts::NONE
    });
    let script = |connection: &mut ServerConnection| {
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        repeat(connection, "x");
    };
    for record in records(script, &policy) {
        assert_timeout(&record, TimeoutKind::Speed);
    }
}

#[test]
fn interim_responses_do_not_satisfy_the_first_byte_limit() {
    let policy = limited(Timeouts {
        first_byte: Some(SHORT),
        ..Timeouts::NONE
    });
    for record in records(|connection| repeat(connection, INTERIM), &policy) {
        assert_timeout(&record, TimeoutKind::FirstByte);
        assert_eq!((record.status, record.first_byte), (None, None));
    }
}

#[test]
fn interim_responses_do_not_extend_the_stall_limit() {
    let policy = limited(Timeouts {
        stall: Some(SHORT),
        ..Timeouts::NONE
    });
    for record in records(|connection| repeat(connection, INTERIM), &policy) {
        assert_timeout(&record, TimeoutKind::Stall);
    }
}

#[test]
fn incomplete_interim_response_does_not_extend_the_stall_limit() {
    let policy = limited(Timeouts {
        stall: Some(SHORT),
        ..Timeouts::NONE
    });
    let script = |connection: &mut ServerConnection| {
        connection.send("HTTP/1.1 103 Early");
        repeat(connection, "x");
    };
    for record in records(script, &policy) {
        assert_timeout(&record, TimeoutKind::Stall);
    }
}

#[test]
fn first_byte_is_that_of_the_final_response() {
    let script = |connection: &mut ServerConnection| {
        connection.send(INTERIM);
        sleep(SHORT);
        connection.send(OK);
        connection.hang();
    };
    for record in records(script, &limited(Timeouts::NONE)) {
        assert_eq!(record.outcome, Outcome::Ok);
        assert!(record.first_byte.unwrap() >= record.sent + SHORT);
    }
}

#[test]
fn end_of_the_run_ends_attempts_in_flight() {
    let policy = Policy {
        max_time: Some(SHORT),
        ..limited(Timeouts::NONE)
    };
    for record in records(ServerConnection::hang, &policy) {
        assert_timeout(&record, TimeoutKind::Run);
    }
}

#[test]
fn page_larger_than_the_limit_is_still_a_404() {
    let script = |connection: &mut ServerConnection| {
        connection.send("HTTP/1.1 404 Not Found\r\nContent-Length: 9999999999\r\n\r\nx");
        connection.hang();
    };
    for record in records(script, &limited(Timeouts::NONE)) {
        assert_eq!(record.outcome, Outcome::NotFound);
    }
}
