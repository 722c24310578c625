//! What clients can make grow or wait is bounded.

use crate::call::{Fixture, call, read_answer};
use std::io::{Read as _, Write};
use std::net::TcpStream;
use std::time::Duration;

/// More than fits into the buffers of both sockets.
const LARGE: u64 = 1 << 30;

#[test]
fn a_body_of_1_gb_is_refused_without_being_read() {
    let fixture = Fixture::clean();
    for length in [
        format!("Content-Length: {LARGE}"),
        "Transfer-Encoding: chunked".to_owned(),
    ] {
        let mut stream = TcpStream::connect(fixture.control.addr()).unwrap();
        let head = format!(
            "PUT /profile HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut writer = stream.try_clone().unwrap();
        let sender = std::thread::spawn(move || {
            let mut piece = vec![b' '; 1 << 16];
            piece[..7].copy_from_slice(b"fff8\r\n ");
            let end = piece.len() - 2;
            piece[end..].copy_from_slice(b"\r\n");
            let mut sent = 0;
            while sent < LARGE && writer.write_all(&piece).is_ok() {
                sent += piece.len() as u64;
            }
            sent
        });
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        assert_eq!(&head, b"HTTP/1.1 413");
        assert!(sender.join().unwrap() < LARGE / 8);
    }
    assert_eq!(fixture.get("/healthz").status, 200);
}

/// Many clients write all before they read.
#[test]
fn a_client_that_sends_its_whole_body_first_gets_the_refusal() {
    let fixture = Fixture::clean();
    let body = " ".repeat(4 << 20);
    let fields = "Content-Type: application/json\r\n";
    let answer = fixture.call("PUT", "/profile", fields, &body);
    assert_eq!(answer.problem().0, 413);
}

#[test]
fn connections_that_do_nothing_keep_no_other_from_being_served() {
    let fixture = Fixture::clean();
    let address = fixture.control.addr();
    let idle: Vec<_> = (0..600)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    assert_eq!(fixture.get("/healthz").status, 200);
    assert_eq!(fixture.flag("").status, 200);
    // The oldest was closed for the newest, long before it was idle for too long (60 s).
    let mut oldest = &idle[0];
    oldest
        .set_read_timeout(Some(Duration::from_secs(40)))
        .unwrap();
    assert!(oldest.read(&mut [0]).is_ok_and(|length| length == 0));
}

#[test]
fn a_malformed_request_is_answered() {
    let fixture = Fixture::clean();
    let mut stream = TcpStream::connect(fixture.control.addr()).unwrap();
    stream.write_all(b"nonsense\r\n\r\n").unwrap();
    assert_eq!(read_answer(&mut stream).status, 400);
}

#[test]
fn stop_does_not_wait_for_open_connections() {
    let fixture = Fixture::clean();
    let address = fixture.control.addr();
    let open = TcpStream::connect(address).unwrap();
    let draining = TcpStream::connect(fixture.servers[0].addr()).unwrap();
    let reset = std::thread::spawn(move || call(address, "POST", "/reset?drain=60s", "", ""));
    fixture.get("/healthz");
    drop(fixture.control);
    assert!(TcpStream::connect(address).is_err());
    drop((open, draining));
    // It may have been too late to connect; otherwise it ends long before the wait would.
    assert!(reset.join().map_or(true, |answer| answer.status == 503));
}
