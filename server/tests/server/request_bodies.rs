//! Bodies of requests are read and discarded beside the response: the connection stays usable, and the response arrives.

use crate::raw_connection::{RawConnection, RawResponse, wait_until};
use flagpole_server::{BlockingServer, ConnectionLimits, ServerBuilder};
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::thread;
use std::time::Duration;

const PATH: &str = "/flags/br/br.gif";
const GET: &str = "GET /flags/us/us.gif HTTP/1.1\r\nHost: x\r\n\r\n";
const GRACE: Duration = Duration::from_secs(10);

fn server(latency: &str, fault: Option<&str>) -> BlockingServer {
    let builder = BlockingServer::builder().latency(latency.parse().unwrap());
    let faults = fault.into_iter().map(|fault| fault.parse().unwrap());
    let builder = faults.fold(builder, ServerBuilder::fault);
    builder.start().unwrap()
}

fn with_body_limit(bytes: u64) -> BlockingServer {
    let mut limits = ConnectionLimits::default();
    limits.request_body = bytes;
    let builder = BlockingServer::builder().connection_limits(limits);
    builder.start().unwrap()
}

/// A head and a body as they are sent; `fields` end with a line break each.
fn with_body(method: &str, length: usize, is_chunked: bool, fields: &str) -> (String, Vec<u8>) {
    let framing = if is_chunked {
        "Transfer-Encoding: chunked".to_owned()
    } else {
        format!("Content-Length: {length}")
    };
    let head = format!("{method} {PATH} HTTP/1.1\r\nHost: x\r\n{framing}\r\n{fields}\r\n");
    // Bytes that would be a request if they were not taken for the body.
    let data: Vec<u8> = GET.bytes().cycle().take(length).collect();
    if !is_chunked {
        return (head, data);
    }
    // hyper accepts 16 KiB of extensions in a body.
    let mut chunks = if data.is_empty() {
        Vec::new()
    } else {
        b"1;a=\"b\"\r\nX\r\n".to_vec()
    };
    for piece in data.chunks(3000) {
        chunks.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        chunks.extend_from_slice(piece);
        chunks.extend_from_slice(b"\r\n");
    }
    chunks.extend_from_slice(b"0\r\nX-Trailer: 1\r\n\r\n");
    (head, chunks)
}

/// How a request is divided into packets.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Packets {
    One,
    Bytes,
    Pieces,
    /// The head, a pause, the body.
    Pause,
}

fn write(raw: &mut RawConnection, head: &str, body: &[u8], packets: Packets) {
    let all = [head.as_bytes(), body].concat();
    match packets {
        Packets::One => raw.0.write_all(&all).unwrap(),
        Packets::Bytes => all
            .chunks(1)
            .for_each(|byte| raw.0.write_all(byte).unwrap()),
        Packets::Pieces => all
            .chunks(1009)
            .for_each(|piece| raw.0.write_all(piece).unwrap()),
        Packets::Pause => {
            raw.send(head);
            thread::sleep(Duration::from_millis(5));
            raw.0.write_all(body).unwrap();
        }
    }
}

fn open(server: &BlockingServer) -> RawConnection {
    let raw = RawConnection::open(server);
    raw.0.set_nodelay(true).unwrap();
    raw
}

/// Reads to the end; the error of the last read is `None` for a FIN.
fn read_all(raw: &mut RawConnection) -> (Vec<u8>, Option<ErrorKind>) {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        match raw.0.read(&mut chunk) {
            Ok(0) => return (bytes, None),
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
            Err(error) => return (bytes, Some(error.kind())),
        }
    }
}

/// A whole response and a FIN.
fn read_last(raw: &mut RawConnection, has_body: bool) -> RawResponse {
    let response = raw.response(has_body);
    assert_eq!(read_all(raw), (Vec::new(), None));
    response
}

/// One connection takes all requests, so a byte too many or too few would spoil those after it.
#[test]
fn connection_is_reused_after_a_body_whatever_the_packets() {
    let server = server("0", None);
    let mut raw = open(&server);
    for (method, status) in [("POST", 405), ("GET", 200), ("HEAD", 200), ("DELETE", 405)] {
        for length in [0, 5, 100_000] {
            for is_chunked in [false, true] {
                for packets in [
                    Packets::One,
                    Packets::Bytes,
                    Packets::Pieces,
                    Packets::Pause,
                ] {
                    if packets == Packets::Bytes && length > 5 && method != "POST" {
                        continue;
                    }
                    let (head, body) = with_body(method, length, is_chunked, "");
                    write(&mut raw, &head, &body, packets);
                    let response = raw.response(method != "HEAD");
                    let case = format!("{method} {length} {is_chunked} {packets:?}");
                    assert_eq!(response.status, status, "{case}");
                    assert!(!response.headers.contains_key("connection"), "{case}");
                    assert_eq!(raw.get("/flags/us/us.gif").status, 200, "{case}");
                }
            }
        }
    }
    drop(raw);
    assert_eq!(server.shutdown(GRACE).connections, 1);
}

#[test]
fn large_body_is_discarded() {
    let server = server("0", None);
    let mut raw = open(&server);
    for is_chunked in [false, true] {
        let (head, body) = with_body("POST", 5 << 20, is_chunked, "");
        write(&mut raw, &head, &body, Packets::Pause);
        assert_eq!(raw.response(true).status, 405);
        assert_eq!(raw.get(PATH).status, 200);
    }
}

#[test]
fn requests_pipelined_after_a_body_are_answered() {
    for (latency, fault) in [
        ("0", None),
        ("10ms", None),
        ("0", Some("slow-upload:10000000")),
        ("5ms", Some("chunked")),
    ] {
        let server = server(latency, fault);
        let mut raw = open(&server);
        for is_chunked in [false, true] {
            for packets in [Packets::One, Packets::Pieces] {
                let (head, body) = with_body("POST", 100_000, is_chunked, "");
                let all = [
                    body,
                    GET.into(),
                    head.clone().into(),
                    with_body("POST", 100_000, is_chunked, "").1,
                ]
                .concat();
                write(&mut raw, &head, &all, packets);
                for status in [405, 200, 405] {
                    let head = raw.head();
                    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
                    skip_body(&mut raw, &head);
                }
            }
        }
    }
}

/// Reads the body of a response with chunks or a length.
fn skip_body(raw: &mut RawConnection, head: &str) {
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    if let Some(length) = length {
        raw.0
            .read_exact(&mut vec![0; length.parse().unwrap()])
            .unwrap();
        return;
    }
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n0\r\n\r\n") {
        let mut byte = [0];
        raw.0.read_exact(&mut byte).unwrap();
        bytes.push(byte[0]);
    }
}

const EXPECT: &str = "Expect: 100-continue\r\n";

/// The client sends the body when it is asked to, as curl does.
#[test]
fn expectation_is_met_before_the_body_and_the_final_response() {
    for (latency, fault, status) in [
        ("0", None, 405),
        ("10ms", None, 405),
        ("10ms", Some("503"), 503),
        ("0", Some("slow-upload:10000000"), 405),
    ] {
        let server = server(latency, fault);
        let mut raw = open(&server);
        for is_chunked in [false, true] {
            let (head, body) = with_body("POST", 100_000, is_chunked, EXPECT);
            raw.send(&head);
            assert_eq!(raw.head(), "HTTP/1.1 100 Continue\r\n\r\n", "{fault:?}");
            raw.0.write_all(&body).unwrap();
            assert_eq!(raw.response(true).status, status, "{fault:?}");
        }
        raw.send(GET);
        assert!(raw.response(true).status >= 200);
    }
}

/// The final response may precede the body's end, but not the interim one.
#[test]
fn client_that_does_not_wait_for_100_continue_gets_whole_responses() {
    for latency in ["0", "10ms"] {
        let server = server(latency, None);
        let mut raw = open(&server);
        for packets in [
            Packets::One,
            Packets::Pieces,
            Packets::Pause,
            Packets::Bytes,
        ] {
            for length in [5, 20_000] {
                let (head, body) = with_body("GET", length, false, EXPECT);
                write(&mut raw, &head, &body, packets);
                let (first, length) = (raw.head(), 11_059);
                if first == "HTTP/1.1 100 Continue\r\n\r\n" {
                    assert_eq!(raw.response(true).body.len(), length);
                } else {
                    assert!(first.starts_with("HTTP/1.1 200 OK\r\n"), "{first}");
                    raw.0.read_exact(&mut vec![0; length]).unwrap();
                }
                assert_eq!(raw.get(PATH).body.len(), length);
            }
        }
    }
}

/// An interim response before the head must not move the offsets of a fault.
#[test]
fn offsets_of_faults_do_not_count_100_continue() {
    for (fault, length, error) in [
        ("cut:700", 700, None),
        ("reset:700", 700, Some(ErrorKind::ConnectionReset)),
        ("cut:0", 0, None),
        ("until-close:700", 700, None),
    ] {
        for is_at_once in [false, true] {
            let server = server("0", Some(fault));
            let mut raw = open(&server);
            let (head, body) = with_body("GET", 5, false, EXPECT);
            if is_at_once {
                write(&mut raw, &head, &body, Packets::One);
                let _interim = raw.head();
            } else {
                raw.send(&head);
                assert_eq!(raw.head(), "HTTP/1.1 100 Continue\r\n\r\n");
                raw.0.write_all(&body).unwrap();
            }
            assert!(raw.head().starts_with("HTTP/1.1 200 OK\r\n"));
            let received = read_all(&mut raw);
            assert_eq!(
                (received.0.len(), received.1),
                (length, error),
                "{fault} {is_at_once}"
            );
        }
    }
}

/// RFC 9110 section 10.1.1: the expectation of an HTTP/1.0 request is ignored.
#[test]
fn expectation_of_http_1_0_is_ignored() {
    let server = server("0", None);
    let mut raw = open(&server);
    raw.send(&format!(
        "POST {PATH} HTTP/1.0\r\nContent-Length: 5\r\n{EXPECT}\r\n"
    ));
    assert_eq!(
        raw.response(true).status,
        405,
        "before the body, without 100 Continue"
    );
    raw.send("12345");
    assert_eq!(read_all(&mut raw), (Vec::new(), None));
}

#[test]
fn expectation_without_a_body_gets_only_the_response() {
    let server = server("0", None);
    let mut raw = open(&server);
    assert_eq!(raw.request("GET", PATH, EXPECT).status, 200);
    let empty = format!("Content-Length: 0\r\n{EXPECT}");
    assert_eq!(raw.request("POST", PATH, &empty).status, 405);
}

/// RFC 9110 section 10.1.1: a server may refuse without asking for the body, and does not ask for it then.
#[test]
fn refused_body_is_not_asked_for() {
    let early = server("0", Some("early-response"));
    for (server, status) in [(early, 405), (with_body_limit(1000), 413)] {
        let mut raw = open(&server);
        raw.send(&with_body("POST", 100_000, false, EXPECT).0);
        assert_eq!(read_last(&mut raw, true).status, status);
    }
}

#[test]
fn peer_that_never_sends_the_expected_body_is_timed_out() {
    let mut limits = ConnectionLimits::default();
    limits.head_timeout = Duration::from_secs(1);
    let builder = BlockingServer::builder().connection_limits(limits);
    let server = builder.start().unwrap();
    let mut raw = open(&server);
    raw.send(&with_body("POST", 5, false, EXPECT).0);
    assert_eq!(raw.head(), "HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(read_last(&mut raw, true).status, 408);
    wait_until(|| server.ledger().completed == 1);
}

/// The sender writes 20 MB before it reads: no reset may destroy the response, which came long before.
#[test]
fn response_outlives_a_body_that_is_sent_after_it() {
    for (fault, is_chunked) in [
        ("503", false),
        ("503", true),
        ("503,body=sorry", false),
        ("early-response", false),
        ("early-response", true),
        ("stale", false),
    ] {
        let server = server("0", Some(fault));
        let mut raw = open(&server);
        let (head, body) = with_body("POST", 20 << 20, is_chunked, "");
        write(&mut raw, &head, &body, Packets::Pieces);
        let status = if fault.starts_with("503") { 503 } else { 405 };
        assert_eq!(raw.response(true).status, status, "{fault}");
        if status == 503 {
            assert_eq!(raw.get(PATH).status, 503, "the connection is reused");
        } else {
            assert_eq!(read_all(&mut raw), (Vec::new(), None), "{fault}");
        }
    }
}

#[test]
fn body_above_the_limit_gets_413_if_announced_and_a_fin() {
    for (is_chunked, status) in [(false, 413), (true, 405)] {
        let server = with_body_limit(1 << 20);
        let mut raw = open(&server);
        let (head, body) = with_body("POST", 8 << 20, is_chunked, "");
        write(&mut raw, &head, &body, Packets::Pieces);
        assert_eq!(read_last(&mut raw, true).status, status);
    }
}

#[test]
fn response_to_a_malformed_or_unfinished_body_is_whole() {
    for body in [
        "5\r\n12345\r\nzz\r\n",
        "zz\r\n",
        "5\r\n12345678\r\n",
        "ffffffffffffffffff\r\n",
    ] {
        for latency in ["0", "10ms"] {
            let server = server(latency, None);
            let mut raw = open(&server);
            raw.send(&with_body("POST", 0, true, "").0);
            raw.send(body);
            assert_eq!(read_last(&mut raw, true).status, 405, "{body:?}");
        }
    }
    for (length, is_chunked) in [(10_000, false), (10_000, true)] {
        for latency in ["0", "10ms"] {
            let server = server(latency, None);
            let mut raw = open(&server);
            let (head, body) = with_body("GET", length, is_chunked, "");
            write(&mut raw, &head, &body[..9000], Packets::Pause);
            raw.0.shutdown(Shutdown::Write).unwrap();
            let response = read_last(&mut raw, true);
            assert_eq!((response.status, response.body.len()), (200, 11_059));
        }
    }
}

#[test]
fn early_response_comes_before_the_body_is_sent() {
    let server = server("0", Some("early-response"));
    let mut raw = open(&server);
    let (head, body) = with_body("POST", 100_000, false, "");
    raw.send(&head);
    assert_eq!(raw.response(true).status, 405);
    raw.0.write_all(&body).unwrap();
    assert_eq!(read_all(&mut raw), (Vec::new(), None));
}

#[test]
fn slow_upload_responds_after_the_last_byte_of_the_body() {
    let server = server("0", Some("slow-upload:10000000"));
    let mut raw = open(&server);
    for is_chunked in [false, true] {
        let (head, body) = with_body("POST", 100_000, is_chunked, "");
        let (last, rest) = body.split_last().unwrap();
        write(&mut raw, &head, rest, Packets::Pieces);
        thread::sleep(Duration::from_millis(50));
        raw.0.set_nonblocking(true).unwrap();
        let error = raw.0.read(&mut [0]).unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::WouldBlock,
            "the response came before the body's end"
        );
        raw.0.set_nonblocking(false).unwrap();
        raw.0.write_all(&[*last]).unwrap();
        assert_eq!(raw.response(true).status, 405);
    }
}

/// A peer that resets during its upload, or while its body waits unread, releases what it holds.
#[test]
fn reset_during_a_body_is_noticed() {
    for (latency, fault, has_begun) in [
        ("1h", None, true),
        ("1h", Some("early-response"), true),
        ("0", Some("hang"), true),
        ("0", Some("slow-upload:1000"), false),
    ] {
        let server = server(latency, fault);
        let mut raw = open(&server);
        let (head, body) = with_body("POST", 50_000, false, "");
        write(
            &mut raw,
            &head,
            &body[..if has_begun { 40_000 } else { 3000 }],
            Packets::One,
        );
        wait_until(|| server.ledger().requests == 1);
        raw.reset();
        wait_until(|| server.ledger().aborted == 1);
    }
}

/// hyper refuses the second request while the end of the first one's body is still to be reported.
#[test]
fn malformed_request_after_a_body_gets_one_400() {
    let server = server("0", None);
    for _ in 0..20 {
        let mut raw = open(&server);
        let (head, mut body) = with_body("POST", 50_000, false, "");
        body.extend_from_slice(b"not HTTP\r\n\r\n");
        write(&mut raw, &head, &body, Packets::Pieces);
        assert_eq!(raw.response(true).status, 405);
        assert_eq!(read_last(&mut raw, true).status, 400);
    }
}

/// Bytes after the body are no request. hyper would write its response to them into the one that is not complete.
#[test]
fn what_follows_a_body_does_not_disturb_the_response() {
    const GARBAGE: &str = "GARBAGE\r\n\r\n";
    for fault in [
        "slow-head:100ms",
        "trickle:100000",
        "stall:10,for=100ms",
        "hang:10,for=100ms",
    ] {
        let server = server("0", Some(fault));
        for (is_chunked, sent_later) in [(false, 0), (false, 5), (true, 0), (true, 5)] {
            let (head, body) = with_body("POST", 10, is_chunked, "");
            let mut raw = RawConnection::open(&server);
            let bytes = [head.as_bytes(), &body, GARBAGE.as_bytes()].concat();
            let (early, late) = bytes.split_at(head.len() + body.len() - sent_later);
            let (early, late) = if sent_later == 0 {
                (&bytes[..], &[][..])
            } else {
                (early, late)
            };
            raw.0.write_all(early).unwrap();
            if fault != "slow-head:100ms" || sent_later == 0 {
                // The response has begun.
                raw.0.peek(&mut [0]).unwrap();
            }
            raw.0.write_all(late).unwrap();
            let context = format!("{fault} chunked: {is_chunked}, {sent_later} bytes later");
            let mut received = Vec::new();
            raw.0.read_to_end(&mut received).unwrap();
            let text = String::from_utf8_lossy(&received);
            let (response, refusal) = text.split_once("HTTP/1.1 400 ").expect(&context);
            assert!(response.starts_with("HTTP/1.1 405 "), "{context}: {text}");
            let (_, page) = response.split_once("\r\n\r\n").expect(&context);
            assert_eq!(page, "405 Method Not Allowed\n", "{context}");
            assert!(refusal.contains("not a valid request"), "{context}: {text}");
        }
    }
}
