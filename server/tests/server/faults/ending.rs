//! Endings: resets, cuts, empty responses.

use super::{PATH, body, on_fresh_and_reused, read_all, read_until_end};
use crate::raw_connection::RawConnection;
use flagpole_protocol::FateKey;
use flagpole_protocol::Resource;
use flagpole_server::BlockingServer;
use flagpole_server::RuleSet;
use std::io::{ErrorKind, Read};
use std::thread;
use std::time::Duration;

#[test]
fn reset_follows_the_planned_bytes() {
    for received in read_until_end("reset:700") {
        assert!(
            received.head.starts_with("HTTP/1.1 200 OK\r\n"),
            "{}",
            received.head
        );
        assert!(
            received
                .head
                .contains(&format!("content-length: {}\r\n", body().len()))
        );
        assert_eq!(
            (received.body.as_slice(), received.error),
            (&body()[..700], Some(ErrorKind::ConnectionReset))
        );
    }
}

/// With a small receive buffer most of the bytes are still in the server's send buffer when the response
/// ends; the reset must wait for them.
#[test]
fn reset_waits_for_a_slow_reader() {
    let server = BlockingServer::builder()
        .fault("reset:30000".parse().unwrap())
        .start()
        .unwrap();
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&server.addr().into()).unwrap();
    let mut raw = RawConnection(socket.into());
    raw.send("GET /flags/bz/bz.gif HTTP/1.1\r\nHost: x\r\n\r\n");
    thread::sleep(Duration::from_millis(50));
    let received = read_all(&mut raw);
    assert_eq!(
        (received.body.len(), received.error),
        (30_000, Some(ErrorKind::ConnectionReset))
    );
}

#[test]
fn reset_before_the_head_sends_nothing() {
    for received in read_until_end("reset") {
        assert_eq!((received.head.as_str(), received.body.len()), ("", 0));
        assert_eq!(received.error, Some(ErrorKind::ConnectionReset));
    }
}

#[test]
fn reset_past_the_end_follows_the_full_response() {
    for fault in ["reset:100%", "reset:999999"] {
        for received in read_until_end(fault) {
            assert_eq!(
                (received.body, received.error),
                (body(), Some(ErrorKind::ConnectionReset)),
                "{fault}"
            );
        }
    }
}

#[test]
fn cut_is_a_fin_before_the_content_length() {
    for (fault, length) in [
        ("cut:0", 0),
        ("cut:700", 700),
        ("cut:50%", body().len() / 2),
        ("cut:100%", body().len()),
    ] {
        for received in read_until_end(fault) {
            assert!(
                received
                    .head
                    .contains(&format!("content-length: {}\r\n", body().len()))
            );
            assert_eq!(
                (received.body.as_slice(), received.error),
                (&body()[..length], None),
                "{fault}"
            );
        }
    }
}

/// A server that closed its socket with unread bytes, or before the peer did, would send a reset.
#[test]
fn cut_sends_no_reset_while_the_peer_still_sends() {
    let server = BlockingServer::builder()
        .fault("cut:700".parse().unwrap())
        .start()
        .unwrap();
    let mut raw = RawConnection::open(&server);
    raw.send(&format!("GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n"));
    raw.head();
    raw.0.read_exact(&mut [0; 700]).unwrap();
    for _ in 0..3 {
        raw.send(&format!("GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n"));
        thread::sleep(Duration::from_millis(20));
    }
    let received = read_all(&mut raw);
    assert_eq!((received.body.len(), received.error), (0, None));
}

/// The peer sends many requests and reads nothing: hyper's buffer is full of responses when a fault
/// is injected into one of them.
#[test]
fn fault_applies_to_its_own_response_among_pipelined_ones() {
    let server = BlockingServer::builder()
        .fault("cut:700@1%".parse().unwrap())
        .seed(3)
        .journal_capacity(1000);
    let server = server.start().unwrap();
    let fault = vec!["cut:700@1%".parse().unwrap()];
    let fates = RuleSet::without_rules(3, "0".parse().unwrap(), fault).unwrap();
    let key = FateKey::from(Resource::Flag("BZ".parse().unwrap()));
    let is_cut = |&n: &u64| fates.fate(&key, n).fault.is_some();
    let whole = (1..1000).find(is_cut).unwrap() - 1;
    let mut raw = RawConnection::open(&server);
    let request = "GET /flags/bz/bz.gif HTTP/1.1\r\nHost: x\r\n\r\n";
    raw.send(&request.repeat(usize::try_from(whole).unwrap() + 5));
    for _ in 0..whole {
        assert_eq!(raw.response(true).status, 200);
    }
    let last = read_all(&mut raw);
    assert_eq!((last.body.len(), last.error), (700, None));
    drop(raw);
    let ledger = server.shutdown(Duration::from_secs(10));
    assert_eq!((ledger.completed, ledger.ended_by_fault), (whole, 1));
    assert!(whole > 10, "{whole}");
}

#[test]
fn empty_is_only_a_fin() {
    for received in read_until_end("empty") {
        assert_eq!(
            (received.head.as_str(), received.body.len(), received.error),
            ("", 0, None)
        );
    }
}

#[test]
fn response_without_body_ends_after_its_head() {
    for (fault, error) in [
        ("cut:700", None),
        ("reset:700", Some(ErrorKind::ConnectionReset)),
    ] {
        let server = BlockingServer::builder()
            .fault(fault.parse().unwrap())
            .start()
            .unwrap();
        let mut raw = RawConnection::open(&server);
        raw.send(&format!("HEAD {PATH} HTTP/1.1\r\nHost: x\r\n\r\n"));
        let received = read_all(&mut raw);
        assert!(received.head.ends_with("\r\n\r\n"));
        assert_eq!((received.body.len(), received.error), (0, error), "{fault}");
    }
}

#[test]
fn stale_connection_ends_at_the_first_byte_of_the_next_request() {
    let look = |raw: &mut RawConnection| {
        let response = raw.response(true);
        assert_eq!((response.status, response.body), (200, body()));
        raw.0.set_nonblocking(true).unwrap();
        thread::sleep(Duration::from_millis(50));
        let open = raw.0.read(&mut [0]).unwrap_err().kind();
        assert_eq!(
            open,
            ErrorKind::WouldBlock,
            "the connection is open before the next request"
        );
        raw.0.set_nonblocking(false).unwrap();
        raw.send("G");
        read_all(raw)
    };
    for received in on_fresh_and_reused("stale:next", look).0 {
        assert_eq!(
            (received.head.as_str(), received.body.len(), received.error),
            ("", 0, None)
        );
    }
}
