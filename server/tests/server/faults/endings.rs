//! How answers end: resets, cuts, nothing at all.

use super::{PATH, body, read_all, until_the_end};
use crate::raw::Raw;
use flagpole_protocol::FateKey;
use flagpole_protocol::Resource;
use flagpole_server::BlockingServer;
use flagpole_server::RuleSet;
use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

#[test]
fn a_reset_comes_behind_the_bytes_that_were_promised() {
    for seen in until_the_end("reset:700") {
        assert!(
            seen.head.starts_with("HTTP/1.1 200 OK\r\n"),
            "{}",
            seen.head
        );
        assert!(
            seen.head
                .contains(&format!("content-length: {}\r\n", body().len()))
        );
        assert_eq!(
            (seen.body.as_slice(), seen.error),
            (&body()[..700], Some(ErrorKind::ConnectionReset))
        );
    }
}

/// With a small receive buffer most of the bytes are still on the server's side when the answer has
/// ended; the reset must wait for them.
#[test]
fn a_reset_waits_for_a_peer_that_reads_late() {
    let server = BlockingServer::builder()
        .fault("reset:30000".parse().unwrap())
        .start()
        .unwrap();
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&server.addr().into()).unwrap();
    let mut raw = Raw(socket.into());
    raw.send("GET /flags/bz/bz.gif HTTP/1.1\r\nHost: x\r\n\r\n");
    let asked = Instant::now();
    while asked.elapsed() < Duration::from_millis(50) {
        std::thread::yield_now();
    }
    let seen = read_all(&mut raw);
    assert_eq!(
        (seen.body.len(), seen.error),
        (30_000, Some(ErrorKind::ConnectionReset))
    );
}

#[test]
fn a_reset_before_the_head_shows_nothing() {
    for seen in until_the_end("reset") {
        assert_eq!((seen.head.as_str(), seen.body.len()), ("", 0));
        assert_eq!(seen.error, Some(ErrorKind::ConnectionReset));
    }
}

#[test]
fn a_reset_past_the_end_comes_behind_the_whole_answer() {
    for fault in ["reset:100%", "reset:999999"] {
        for seen in until_the_end(fault) {
            assert_eq!(
                (seen.body, seen.error),
                (body(), Some(ErrorKind::ConnectionReset)),
                "{fault}"
            );
        }
    }
}

#[test]
fn a_cut_is_a_fin_short_of_the_length() {
    for (fault, length) in [
        ("cut:0", 0),
        ("cut:700", 700),
        ("cut:50%", body().len() / 2),
        ("cut:100%", body().len()),
    ] {
        for seen in until_the_end(fault) {
            assert!(
                seen.head
                    .contains(&format!("content-length: {}\r\n", body().len()))
            );
            assert_eq!(
                (seen.body.as_slice(), seen.error),
                (&body()[..length], None),
                "{fault}"
            );
        }
    }
}

/// A server that closed with something unread, or before the peer did, would answer what still comes
/// with a reset.
#[test]
fn a_cut_is_no_reset_even_if_the_peer_still_sends() {
    let server = BlockingServer::builder()
        .fault("cut:700".parse().unwrap())
        .start()
        .unwrap();
    let mut raw = Raw::to(&server);
    raw.send(&format!("GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n"));
    raw.head();
    raw.0.read_exact(&mut [0; 700]).unwrap();
    for _ in 0..3 {
        raw.send(&format!("GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n"));
        let sent = Instant::now();
        while sent.elapsed() < Duration::from_millis(20) {
            std::thread::yield_now();
        }
    }
    let seen = read_all(&mut raw);
    assert_eq!((seen.body.len(), seen.error), (0, None));
}

/// A peer that sends many requests at once and reads nothing: hyper's buffer is full of answers when a
/// fault strikes one of them.
#[test]
fn a_fault_strikes_its_own_answer_among_pipelined_ones() {
    let server = BlockingServer::builder()
        .fault("cut:700@1%".parse().unwrap())
        .seed(3)
        .journal_capacity(1000);
    let server = server.start().unwrap();
    let fault = vec!["cut:700@1%".parse().unwrap()];
    let fates = RuleSet::of(3, "0".parse().unwrap(), fault).unwrap();
    let key = FateKey::Resource(Resource::Flag("BZ".parse().unwrap()));
    let is_cut = |&n: &u64| fates.fate(key, n).fault.is_some();
    let whole = (1..1000).find(is_cut).unwrap() - 1;
    let mut raw = Raw::to(&server);
    let request = "GET /flags/bz/bz.gif HTTP/1.1\r\nHost: x\r\n\r\n";
    raw.send(&request.repeat(usize::try_from(whole).unwrap() + 5));
    for _ in 0..whole {
        assert_eq!(raw.reply(true).status, 200);
    }
    let last = read_all(&mut raw);
    assert_eq!((last.body.len(), last.error), (700, None));
    drop(raw);
    let ledger = server.shutdown(Duration::from_secs(10));
    assert_eq!((ledger.completed, ledger.aborted), (whole, 1));
    assert!(whole > 10, "{whole}");
}

#[test]
fn an_empty_answer_is_a_fin_and_nothing_else() {
    for seen in until_the_end("empty") {
        assert_eq!(
            (seen.head.as_str(), seen.body.len(), seen.error),
            ("", 0, None)
        );
    }
}

#[test]
fn an_answer_without_a_body_ends_behind_its_head() {
    for (fault, error) in [
        ("cut:700", None),
        ("reset:700", Some(ErrorKind::ConnectionReset)),
    ] {
        let server = BlockingServer::builder()
            .fault(fault.parse().unwrap())
            .start()
            .unwrap();
        let mut raw = Raw::to(&server);
        raw.send(&format!("HEAD {PATH} HTTP/1.1\r\nHost: x\r\n\r\n"));
        let seen = read_all(&mut raw);
        assert!(seen.head.ends_with("\r\n\r\n"));
        assert_eq!((seen.body.len(), seen.error), (0, error), "{fault}");
    }
}
