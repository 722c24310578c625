//! Framing and interim responses where a table by GET of HTTP/1.1 does not show them: HEAD, HTTP/1.0, and the ledger.

use super::{PATH, body, read_all};
use crate::raw_connection::{RawConnection, finish};
use flagpole_server::BlockingServer;
use std::io::Read;

fn connection(fault: &str) -> (BlockingServer, RawConnection) {
    let builder = BlockingServer::builder().fault(fault.parse().unwrap());
    let server = builder.journal_capacity(10).start().unwrap();
    let raw = RawConnection::open(&server);
    (server, raw)
}

#[test]
fn body_that_lacks_its_end_is_ended_by_the_fault() {
    for (fault, ending) in [
        ("chunked:truncated", "cut within a chunk"),
        ("chunked:unterminated", "cut before the last chunk"),
        ("chunked:malformed", "cut after a malformed chunk"),
        (
            "content-length:+10",
            "cut 10 bytes before the announced end",
        ),
        ("until-close:700", "cut at byte 700"),
    ] {
        let (server, mut raw) = connection(fault);
        raw.send(&format!("GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n"));
        read_all(&mut raw);
        drop(raw);
        let (ledger, requests) = finish(server);
        assert_eq!(
            (ledger.ended_by_fault, ledger.completed),
            (1, 0),
            "{fault}: {ledger}"
        );
        assert_eq!(requests[0].0.ending, ending);
    }
}

#[test]
fn endless_chunks_are_sent_until_the_peer_leaves() {
    let (server, mut raw) = connection("chunked:endless");
    raw.send(&format!("GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n"));
    raw.0.read_exact(&mut vec![0; 10_000_000]).unwrap();
    drop(raw);
    let (ledger, requests) = finish(server);
    assert_eq!((ledger.aborted, &*requests[0].0.ending), (1, "never ends"));
}

#[test]
fn only_a_regular_end_of_the_connection_is_announced() {
    for (fault, is_announced) in [
        ("until-close", true),
        ("stale", false),
        ("chunked:truncated", false),
    ] {
        let (_server, mut raw) = connection(fault);
        raw.send(&format!("GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n"));
        let head = raw.head();
        assert_eq!(
            head.contains("\r\nconnection: close\r\n"),
            is_announced,
            "{fault}: {head}"
        );
    }
}

#[test]
fn http_1_0_gets_neither_chunks_nor_interim_responses() {
    for (fault, has_length) in [("chunked", false), ("interim:103", true)] {
        let (_server, mut raw) = connection(fault);
        raw.send(&format!("GET {PATH} HTTP/1.0\r\n\r\n"));
        let received = read_all(&mut raw);
        let head = received.head;
        assert!(head.starts_with("HTTP/1.0 200 OK\r\n"), "{head}");
        assert!(!head.contains("transfer-encoding"), "{head}");
        assert_eq!(
            head.contains("content-length: 11059\r\n"),
            has_length,
            "{head}"
        );
        assert!(
            received.body == body() && received.error.is_none(),
            "{fault}"
        );
    }
}

#[test]
fn head_has_the_fields_of_get_and_no_body() {
    for (fault, field) in [
        ("chunked", "transfer-encoding: chunked"),
        ("content-length:-10", "content-length: 11049"),
        ("interim:103", "content-length: 11059"),
    ] {
        let (_server, mut raw) = connection(fault);
        for _ in 0..2 {
            raw.send(&format!("HEAD {PATH} HTTP/1.1\r\nHost: x\r\n\r\n"));
            let mut head = raw.head();
            if fault == "interim:103" {
                assert!(head.starts_with("HTTP/1.1 103 "), "{head}");
                head = raw.head();
            }
            assert!(
                head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains(field),
                "{head}"
            );
        }
    }
}
