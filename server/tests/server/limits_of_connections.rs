//! Limits on connections and requests, as peers see them: what a peer gets that reaches one, and that it is counted.

use crate::raw_connection::{RawConnection, wait_until};
use flagpole_protocol::Cause;
use flagpole_server::{
    BlockingServer, Catalog, ConnectionLimits, Resource, ServerBuilder, ServerLimit, Site,
};
use std::io::{ErrorKind, Read};
use std::sync::mpsc;
use std::time::Duration;

const REQUEST: &str = "GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n\r\n";

/// The shortest time that a limit can have: the server looks once a second.
const SHORT: Duration = Duration::from_secs(1);

fn builder(change: impl FnOnce(&mut ConnectionLimits)) -> ServerBuilder<BlockingServer> {
    let mut limits = ConnectionLimits::default();
    change(&mut limits);
    BlockingServer::builder().connection_limits(limits)
}

fn server(change: impl FnOnce(&mut ConnectionLimits)) -> BlockingServer {
    builder(change).start().unwrap()
}

/// Waits until a limit, and no other one, was reached, once.
#[track_caller]
fn assert_reached(server: &BlockingServer, limit: ServerLimit) {
    wait_until(|| !server.ledger().limits_reached.is_empty());
    let reached = server.ledger().limits_reached;
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), [(limit, 1)]);
}

/// What the peer receives until the FIN.
fn rest(raw: &mut RawConnection) -> String {
    let mut text = String::new();
    raw.0.read_to_string(&mut text).unwrap();
    text
}

/// Sends a request that is refused; asserts the status and the sentence of the response, and that a FIN follows.
#[track_caller]
fn assert_refused(server: &BlockingServer, request: &str, status: u16, sentence: &str) {
    let mut raw = RawConnection::open(server);
    raw.send(request);
    let response = raw.response(true);
    let body = String::from_utf8(response.body).unwrap();
    assert_eq!((response.status, body), (status, format!("{sentence}\n")));
    assert_eq!(response.headers["connection"], "close");
    assert_eq!(rest(&mut raw), "");
}

fn with_field(length: usize) -> String {
    let value = "a".repeat(length);
    format!("GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\nX: {value}\r\n\r\n")
}

fn with_target(length: usize) -> String {
    let target = "a".repeat(length - 1);
    format!("GET /{target} HTTP/1.1\r\nHost: x\r\n\r\n")
}

fn with_fields(number: usize) -> String {
    let others = "X: a\r\n".repeat(number - 1);
    format!("GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n{others}\r\n")
}

#[test]
fn head_of_the_largest_size_is_served_and_a_longer_one_is_431() {
    let server = server(|limits| limits.head_size = 9000);
    let others = with_field(0).len();
    let mut raw = RawConnection::open(&server);
    raw.send(&with_field(9000 - others));
    assert_eq!(raw.response(true).status, 200);
    let sentence = "expected a head of at most 9000 bytes";
    assert_refused(&server, &with_field(9001 - others), 431, sentence);
    assert_reached(&server, ServerLimit::HeadSize);
}

#[test]
fn target_that_is_longer_than_a_head_is_414() {
    let server = server(|limits| limits.head_size = 9000);
    let sentence = "expected a target of less than 9000 bytes";
    assert_refused(&server, &with_target(9000), 414, sentence);
    assert_reached(&server, ServerLimit::HeadSize);
}

#[test]
fn target_that_is_longer_than_any_is_414_even_with_large_heads() {
    let server = server(|limits| limits.head_size = 1 << 20);
    let mut raw = RawConnection::open(&server);
    raw.send(&with_target(65_534));
    assert_eq!(raw.response(true).status, 404);
    let sentence = "expected a target of less than 65535 bytes";
    assert_refused(&server, &with_target(65_535), 414, sentence);
    assert_reached(&server, ServerLimit::HeadSize);
}

#[test]
fn more_fields_than_the_limit_are_431() {
    for limit in [5, 100, 10_000] {
        let server = server(|limits| (limits.fields, limits.head_size) = (limit, 1 << 20));
        let mut raw = RawConnection::open(&server);
        raw.send(&with_fields(limit));
        assert_eq!(raw.response(true).status, 200);
        let sentence = format!("expected at most {limit} fields");
        assert_refused(&server, &with_fields(limit + 1), 431, &sentence);
        assert_reached(&server, ServerLimit::Fields);
    }
}

#[test]
fn unfinished_head_is_408() {
    let server = server(|limits| limits.head_timeout = SHORT);
    let sentence = "expected the rest of the request within 1s";
    assert_refused(
        &server,
        "GET /flags/br/br.gif HTTP/1.1\r\nHo",
        408,
        sentence,
    );
    assert_reached(&server, ServerLimit::HeadTime);
    assert_eq!(server.ledger().requests, 0);
}

#[test]
fn unfinished_head_after_a_request_is_408() {
    let server = server(|limits| limits.head_timeout = SHORT);
    let mut raw = RawConnection::open(&server);
    raw.send(&(REQUEST.to_owned() + "GET"));
    assert_eq!(raw.response(true).status, 200);
    assert_eq!(raw.response(true).status, 408);
    assert_eq!(rest(&mut raw), "");
    assert_reached(&server, ServerLimit::HeadTime);
}

#[test]
fn silent_connection_is_closed_without_a_response() {
    let server = server(|limits| limits.head_timeout = SHORT);
    assert_eq!(rest(&mut RawConnection::open(&server)), "");
    assert_reached(&server, ServerLimit::KeepAlive);
}

#[test]
fn idle_connection_is_closed_after_the_keep_alive_timeout() {
    let server = server(|limits| limits.keep_alive_timeout = SHORT);
    let mut raw = RawConnection::open(&server);
    assert_eq!(raw.get("/flags/br/br.gif").status, 200);
    assert_eq!(rest(&mut raw), "");
    assert_reached(&server, ServerLimit::KeepAlive);
    assert_eq!(server.ledger().completed, 1);
}

/// A delay is no idle time, and a response that is not due is not one that the peer does not read.
#[test]
fn delayed_response_outlasts_all_timeouts() {
    let builder = builder(|limits| {
        limits.head_timeout = SHORT;
        limits.keep_alive_timeout = SHORT;
        limits.write_timeout = SHORT;
    });
    let server = builder.latency("4s".parse().unwrap()).start().unwrap();
    let mut raw = RawConnection::open(&server);
    assert_eq!(raw.get("/flags/br/br.gif").status, 200);
    assert_eq!(server.ledger().timed_out, 0);
}

/// A server of a flag that is larger than all buffers of the system between it and a peer.
fn server_of_large_flag(builder: ServerBuilder<BlockingServer>) -> BlockingServer {
    let flag = Resource::Flag("BR".parse().unwrap());
    let site = Site::new(Catalog::from_files([(flag, vec![b'a'; 64 << 20].into())]));
    builder.site(site.into()).start().unwrap()
}

#[test]
fn peer_that_does_not_read_is_reset_and_gives_its_place_back() {
    for fault in [None, Some("trickle:100000000")] {
        let limited = builder(|limits| limits.write_timeout = SHORT);
        let limited = limited.concurrency_limit(1.try_into().unwrap(), 0);
        let server = server_of_large_flag(match fault {
            Some(fault) => limited.fault(fault.parse().unwrap()),
            None => limited,
        });
        let mut raw = RawConnection::open(&server);
        raw.send(REQUEST);
        assert_reached(&server, ServerLimit::WriteTime);
        wait_until(|| server.ledger().in_progress() == 0);
        let ledger = server.ledger();
        assert_eq!((ledger.timed_out, ledger.aborted), (1, 0));
        let mut other = RawConnection::open(&server);
        let status = other.request("HEAD", "/flags/br/br.gif", "").status;
        assert_eq!(status, 200, "the place is free");
        // The reset discards what the peer has not read.
        let error = raw.0.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
}

#[test]
fn announced_body_above_the_limit_is_413() {
    let server = server(|limits| limits.request_body = 10);
    let mut raw = RawConnection::open(&server);
    let post = |length: usize| {
        let body = "a".repeat(length);
        format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}")
    };
    raw.send(&post(10));
    assert_eq!(raw.response(true).status, 405);
    let sentence = "expected a body of at most 10 bytes";
    assert_refused(&server, &post(11), 413, sentence);
    assert_reached(&server, ServerLimit::RequestBody);
    assert_eq!(server.ledger().by_cause.get(&Cause::BadRequest), Some(&1));
}

#[test]
fn connection_ends_after_a_chunked_body_above_the_limit() {
    let server = server(|limits| limits.request_body = 10);
    let mut raw = RawConnection::open(&server);
    raw.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    raw.send("b\r\naaaaaaaaaaa\r\n");
    assert_eq!(raw.response(true).status, 405);
    assert_eq!(rest(&mut raw), "");
    assert_reached(&server, ServerLimit::RequestBody);
}

#[test]
fn connection_ends_after_a_chunked_body_above_the_limit_in_one_piece() {
    let server = server(|limits| limits.request_body = 10);
    let mut raw = RawConnection::open(&server);
    let body = "b\r\n01234567890\r\n0\r\n\r\n";
    let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    raw.send(&format!("{head}{body}{REQUEST}"));
    assert_eq!(raw.response(true).status, 405);
    assert_eq!(rest(&mut raw), "");
    assert_reached(&server, ServerLimit::RequestBody);
}

#[test]
fn connection_ends_when_the_rest_of_a_body_does_not_come() {
    let server = server(|limits| limits.head_timeout = SHORT);
    let mut raw = RawConnection::open(&server);
    raw.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    assert_eq!(raw.response(true).status, 405);
    assert_eq!(rest(&mut raw), "", "no second response");
    assert_reached(&server, ServerLimit::HeadTime);
}

#[test]
fn response_that_waits_for_a_body_is_408_if_the_rest_does_not_come() {
    let builder = builder(|limits| limits.head_timeout = SHORT);
    let fault = "slow-upload:1000000".parse().unwrap();
    let server = builder.fault(fault).start().unwrap();
    let request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc";
    let sentence = "expected the rest of the request within 1s";
    assert_refused(&server, request, 408, sentence);
    assert_reached(&server, ServerLimit::HeadTime);
    let ledger = server.ledger();
    assert_eq!((ledger.by_status[&408], ledger.completed), (1, 1));
}

/// The server takes four seconds for 20 bytes, which the peer sends at once.
#[test]
fn body_that_the_server_reads_slowly_is_not_late() {
    let builder = builder(|limits| limits.head_timeout = SHORT);
    let server = builder
        .fault("slow-upload:5".parse().unwrap())
        .start()
        .unwrap();
    let mut raw = RawConnection::open(&server);
    raw.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    raw.send("14\r\naaaaaaaaaaaaaaaaaaaa\r\n0\r\n\r\n");
    assert_eq!(raw.response(true).status, 405);
}

#[test]
fn connections_beyond_the_limit_wait_and_are_counted() {
    let builder = builder(|limits| limits.connections = 1);
    let server = builder.workers(1.try_into().unwrap()).start().unwrap();
    let mut first = RawConnection::open(&server);
    assert_eq!(first.get("/flags/br/br.gif").status, 200);
    let mut second = RawConnection::open(&server);
    second.send(REQUEST);
    assert_reached(&server, ServerLimit::Connections);
    assert_eq!(server.ledger().requests, 1);
    drop(first);
    assert_eq!(second.response(true).status, 200);
}

#[test]
fn reached_limit_is_reported() {
    let (sender, reports) = mpsc::channel();
    let builder = builder(|limits| limits.fields = 5);
    let report = move |limit, count| sender.send((limit, count)).unwrap();
    let server = builder.on_limit_reached(report).start().unwrap();
    assert_refused(&server, &with_fields(6), 431, "expected at most 5 fields");
    assert_eq!(reports.recv().unwrap(), (ServerLimit::Fields, 1));
}
