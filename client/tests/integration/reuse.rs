//! A connection is reused while it is open, and replaced when it is not.

use crate::gif::{self, GIF};
use crate::test_server::{
    ASYNC_DRIVERS, EACH_DRIVER, LONG, OK, TestServer, by_name, close_acknowledged, workload,
};
use flagpole_client::{Endpoint, Run, measure};
use flagpole_protocol::{AttemptRecord, ContentDigest, Outcome};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn sequential_requests_use_one_connection() {
    let server = TestServer::responding(|_| OK.into());
    assert_eq!(server.outcomes("BR CN IN US"), [const { Outcome::Ok }; 4]);
    assert_eq!(server.connections(), 1);
}

#[test]
fn connection_is_reused_after_every_framing() {
    let (first, rest) = GIF.split_at(3);
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{first}\r\n{:x}\r\n{rest}\r\n0\r\n\r\n",
        rest.len()
    );
    let none = ContentDigest::from_body(b"");
    let empty = format!("HTTP/1.1 200 OK\r\nContent-Digest: {none}\r\nContent-Length: 0\r\n\r\n");
    for response in [chunked, empty, large(100_000)] {
        for strategy in EACH_DRIVER {
            let response = response.clone();
            let server = TestServer::responding(move |_| response.clone());
            let done = server.run(strategy, "BR CN IN", |run| run);
            let outcomes = done.unwrap().1.into_iter().map(|record| record.outcome);
            assert_eq!(outcomes.collect::<Vec<_>>(), [const { Outcome::Ok }; 3]);
            assert_eq!(server.connections(), 1);
        }
    }
}

fn large(length: usize) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{}",
        gif::of_length(length)
    )
}

#[test]
fn connection_close_ends_the_connection() {
    let server = TestServer::start(|_, connection| {
        connection.request();
        connection.send(OK.replacen("\r\n", "\r\nConnection: close\r\n", 1));
        connection.fin();
    });
    assert_eq!(server.outcomes("BR US"), [Outcome::Ok, Outcome::Ok]);
    assert_eq!(server.connections(), 2);
}

/// A server whose connections end with these bytes after one response: after the client has read it, before the client
/// sends its next request.
fn ended_while_idle(last: &'static str) {
    let ((read, is_read), (ended, is_ended)) = (channel(), channel());
    let (is_read, ended) = (Mutex::new(is_read), Mutex::new(ended));
    let server = TestServer::start(move |_, connection| {
        connection.serve();
        is_read.lock().unwrap().recv().unwrap();
        connection.send(last);
        connection.close();
        ended.lock().unwrap().send(()).unwrap();
    });
    let channels = Mutex::new((read, is_ended));
    // Records are reported on the client's thread, which waits here: its event loop cannot notice the end before the
    // next request.
    let wait = |record: &AttemptRecord| {
        assert_eq!(record.outcome, Outcome::Ok);
        let (read, is_ended) = &*channels.lock().unwrap();
        read.send(()).unwrap();
        is_ended.recv().unwrap();
    };
    let (workload, endpoint) = (workload("BR CN US"), server.endpoint());
    let run = Run::new(&workload, &endpoint).timeout(LONG);
    let stats = by_name("sequential").run(&run.on_record(&wait)).unwrap();
    assert_eq!(
        (stats.ok, server.connections(), server.requests().len()),
        (3, 3, 3)
    );
}

#[test]
fn connection_closed_while_idle_is_replaced() {
    ended_while_idle("");
}

#[test]
fn connection_with_unsolicited_bytes_is_replaced() {
    ended_while_idle("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n");
}

#[test]
fn event_loop_replaces_a_connection_that_was_closed_while_idle() {
    for strategy in ASYNC_DRIVERS {
        for last in ["", "HTTP/1.1 408 Request Timeout\r\n\r\n"] {
            let mut pause = Duration::from_millis(30);
            // Repeated until the connection was closed before the second download was due.
            while !is_closed_before_second_download(strategy, last, pause) {
                pause *= 2;
            }
        }
    }
}

fn is_closed_before_second_download(strategy: &str, last: &'static str, pause: Duration) -> bool {
    let (closed, is_closed) = channel();
    let closed = Mutex::new(closed);
    let server = TestServer::start(move |_, connection| {
        connection.serve();
        connection.send(last);
        connection.close();
        closed.lock().unwrap().send(Instant::now()).unwrap();
    });
    let (workload, endpoint) = (workload("BR CN").spaced(pause), server.endpoint());
    let start = Instant::now();
    let measured = measure(by_name(strategy), &Run::new(&workload, &endpoint)).unwrap();
    let sent = start + measured.records[1].sent;
    if is_closed.recv().unwrap() > sent {
        return false;
    }
    assert_eq!((measured.stats.ok, server.connections()), (2, 2));
    true
}

#[test]
fn refused_connection_is_not_recorded_as_reused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = Endpoint::from(listener.local_addr().unwrap());
    let (close, closed) = channel::<()>();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        stream.write_all(OK.as_bytes()).unwrap();
        closed.recv().unwrap();
        close_acknowledged(stream);
    });
    let (server, close) = (Mutex::new(Some(server)), Mutex::new(close));
    let records = Mutex::new(Vec::new());
    let collect = |record: &AttemptRecord| {
        records
            .lock()
            .unwrap()
            .push((record.outcome.clone(), record.reused_connection));
        if let Some(server) = server.lock().unwrap().take() {
            close.lock().unwrap().send(()).unwrap();
            server.join().unwrap();
        }
    };
    let workload = workload("BR CN");
    let run = Run::new(&workload, &endpoint).timeout(LONG);
    by_name("sequential").run(&run.on_record(&collect)).unwrap();
    let expected = [(Outcome::Ok, false), (Outcome::ConnectionRefused, false)];
    assert_eq!(records.into_inner().unwrap(), expected);
}

#[test]
fn event_loop_opens_at_most_one_connection_per_slot() {
    let server = TestServer::responding(|_| OK.into());
    let codes: Vec<String> = ('A'..='Z').map(|letter| format!("A{letter}")).collect();
    let concurrency = "3".parse().unwrap();
    let (stats, _) = server
        .run("async", &codes.join(" "), |run| {
            run.concurrency(concurrency)
        })
        .unwrap();
    assert_eq!(stats.ok, 26);
    assert!(server.connections() <= 3, "{}", server.connections());
}
