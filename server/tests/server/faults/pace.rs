//! Paces: pauses, rates, slices, slow heads.

use super::{PATH, body, on_fresh_and_reused, read_all, read_and_reuse};
use crate::raw_connection::{RawConnection, finish};
use flagpole_server::{BlockingServer, ResponseEnd};
use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

#[test]
fn hang_is_silence_on_an_open_connection() {
    for (fault, expected) in [("hang", 0), ("hang:700", 700), ("hang:100%", body().len())] {
        let read = |raw: &mut RawConnection| {
            if fault != "hang" {
                raw.head();
            }
            raw.0.read_exact(&mut vec![0; expected]).unwrap();
            raw.0
                .set_read_timeout(Some(Duration::from_millis(100)))
                .unwrap();
            read_all(raw)
        };
        let (received, ledger) = on_fresh_and_reused(fault, read);
        for received in received {
            assert_eq!(received.body.len() + received.head.len(), 0, "{fault}");
            // A read that times out reports WouldBlock.
            assert_eq!(received.error, Some(ErrorKind::WouldBlock), "{fault}");
        }
        assert_eq!(ledger.requests, 3);
    }
}

#[test]
fn response_before_a_hang_after_its_last_byte_is_completed() {
    let builder = BlockingServer::builder().fault("hang:100%".parse().unwrap());
    let server = builder.start().unwrap();
    let mut raw = RawConnection::open(&server);
    assert_eq!(raw.get(PATH).body, body());
    drop(raw);
    let (_, requests) = finish(server);
    let (request, outcome) = &requests[0];
    assert_eq!(
        (outcome.end, &*request.ending),
        (ResponseEnd::Completed, "hangs after the last byte")
    );
}

/// hyper has taken the whole body into its buffer by then.
#[test]
fn response_is_aborted_if_the_peer_leaves_before_the_last_byte() {
    let builder = BlockingServer::builder().fault("trickle:1000".parse().unwrap());
    let server = builder.start().unwrap();
    let mut raw = RawConnection::open(&server);
    raw.send(&format!("GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n"));
    raw.head();
    drop(raw);
    let (ledger, requests) = finish(server);
    assert_eq!((ledger.completed, ledger.aborted), (0, 1));
    assert_eq!(requests[0].1.end, ResponseEnd::PeerLeft);
}

#[test]
fn hang_with_a_duration_continues_afterwards() {
    for fault in ["hang:for=30ms", "hang:700,for=30ms", "hang:100%,for=30ms"] {
        let start = Instant::now();
        for received in read_and_reuse(fault) {
            assert_eq!(received.body, body(), "{fault}");
        }
        assert!(
            fault.contains("100%") || start.elapsed() >= Duration::from_millis(60),
            "{fault}"
        );
    }
}

#[test]
fn trickle_takes_length_divided_by_rate() {
    let start = Instant::now();
    for received in read_and_reuse("trickle:110590") {
        assert_eq!(received.body, body());
    }
    assert!(
        start.elapsed() >= Duration::from_millis(200),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn dribble_arrives_in_slices() {
    let start = Instant::now();
    for received in read_and_reuse("dribble:5,40ms") {
        assert_eq!(received.body, body());
    }
    assert!(start.elapsed() >= Duration::from_millis(80));
}

#[test]
fn slow_head_arrives_byte_by_byte() {
    let server = BlockingServer::builder().fault("slow-head:60s".parse().unwrap());
    let server = server.start().unwrap();
    let mut raw = RawConnection::open(&server);
    raw.send(&format!("GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n"));
    let mut chunk = [0; 4096];
    let count = raw.0.read(&mut chunk).unwrap() + raw.0.read(&mut chunk).unwrap();
    assert!((2..100).contains(&count), "{count} bytes of the head");
    for received in read_and_reuse("slow-head:20ms") {
        assert_eq!(received.body, body());
    }
}
