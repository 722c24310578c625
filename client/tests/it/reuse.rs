//! A lane keeps its connection while it is good, and notices when it is not.

use crate::gif::{self, GIF};
use crate::server::{OK, Peer, Server, by_name, plan};
use flagpole_client::{Endpoint, Run, Transport, transport};
use flagpole_protocol::ContentDigest;
use flagpole_protocol::{AttemptRecord, Outcome};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;

#[test]
fn all_requests_of_a_lane_use_one_connection() {
    let server = Server::answering(|_| OK.into());
    assert_eq!(server.outcomes("BR CN IN US"), [const { Outcome::Ok }; 4]);
    assert_eq!(server.connections(), 1);
}

#[test]
fn bodies_of_every_framing_leave_the_connection_in_use() {
    let (first, rest) = GIF.split_at(3);
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{first}\r\n{:x}\r\n{rest}\r\n0\r\n\r\n",
        rest.len()
    );
    let none = ContentDigest::from_body(b"");
    let empty = format!("HTTP/1.1 200 OK\r\nContent-Digest: {none}\r\nContent-Length: 0\r\n\r\n");
    for answer in [chunked, empty, large(100_000)] {
        for transport in transport::ALL {
            let answer = answer.clone();
            let server = Server::answering(move |_| answer.clone());
            let done = server.run("sequential", "BR CN IN", |run| run.transport(*transport));
            let outcomes = done.unwrap().1.into_iter().map(|record| record.outcome);
            assert_eq!(outcomes.collect::<Vec<_>>(), [const { Outcome::Ok }; 3]);
            assert_eq!(server.connections(), 1);
        }
    }
}

fn large(length: usize) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{}",
        gif::of(length)
    )
}

#[test]
fn an_answer_that_says_close_ends_its_connection() {
    let server = Server::start(|_, peer| {
        peer.request();
        peer.send(OK.replacen("\r\n", "\r\nConnection: close\r\n", 1));
        peer.fin();
    });
    assert_eq!(server.outcomes("BR US"), [Outcome::Ok, Outcome::Ok]);
    assert_eq!(server.connections(), 2);
}

/// A server whose connections each end in this way after one good answer: after the lane has read it
/// to its end, before the lane sends its next request.
fn ended_while_idle(end: fn(&mut Peer)) {
    for transport in transport::ALL {
        ended_while_idle_by(*transport, end);
    }
}

fn ended_while_idle_by(transport: &'static dyn Transport, end: fn(&mut Peer)) {
    let ((read, is_read), (ended, is_ended)) = (channel(), channel());
    let (is_read, ended) = (Mutex::new(is_read), Mutex::new(ended));
    let server = Server::start(move |_, peer| {
        peer.serve();
        is_read.lock().unwrap().recv().unwrap();
        end(peer);
        ended.lock().unwrap().send(()).unwrap();
        peer.hang();
    });
    let channels = Mutex::new((read, is_ended));
    // The record is made on the lane's own thread, which waits here: its reactor has no chance to
    // hear of the end before the next request.
    let wait = |record: &AttemptRecord| {
        assert_eq!(record.outcome, Outcome::Ok);
        let (read, is_ended) = &*channels.lock().unwrap();
        read.send(()).unwrap();
        is_ended.recv().unwrap();
    };
    let (plan, endpoint) = (plan("BR CN US"), server.endpoint());
    let run = Run::new(&plan, &endpoint).transport(transport);
    let tally = by_name("sequential").run(&run.on_record(&wait)).unwrap();
    assert_eq!(
        (tally.ok, server.connections(), server.requests().len()),
        (3, 3, 3)
    );
}

#[test]
fn a_connection_closed_while_idle_is_replaced_before_it_is_used() {
    ended_while_idle(Peer::half_close);
}

#[test]
fn a_connection_on_which_the_server_spoke_unasked_is_replaced() {
    ended_while_idle(|peer| peer.send("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n"));
}

#[test]
fn a_request_that_found_no_connection_was_not_sent_on_a_used_one() {
    for transport in transport::ALL {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = Endpoint::from(listener.local_addr().unwrap());
        let (leave, told) = channel::<()>();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            stream.write_all(OK.as_bytes()).unwrap();
            told.recv().unwrap();
        });
        let (server, leave) = (Mutex::new(Some(server)), Mutex::new(leave));
        let records = Mutex::new(Vec::new());
        let keep = |record: &AttemptRecord| {
            records
                .lock()
                .unwrap()
                .push((record.outcome.clone(), record.reused_connection));
            if let Some(server) = server.lock().unwrap().take() {
                leave.lock().unwrap().send(()).unwrap();
                server.join().unwrap();
            }
        };
        let plan = plan("BR CN");
        let run = Run::new(&plan, &endpoint).transport(*transport);
        by_name("sequential").run(&run.on_record(&keep)).unwrap();
        let expected = [(Outcome::Ok, false), (Outcome::ConnectionRefused, false)];
        assert_eq!(
            records.into_inner().unwrap(),
            expected,
            "{}",
            transport.name()
        );
    }
}

#[test]
fn the_lanes_of_the_event_loop_share_no_more_connections_than_there_are_lanes() {
    let server = Server::answering(|_| OK.into());
    let codes: Vec<String> = ('A'..='Z').map(|letter| format!("A{letter}")).collect();
    let lanes = "3".parse().unwrap();
    let (tally, _) = server
        .run("async", &codes.join(" "), |run| run.concurrency(lanes))
        .unwrap();
    assert_eq!(tally.ok, 26);
    assert!(server.connections() <= 3, "{}", server.connections());
}
