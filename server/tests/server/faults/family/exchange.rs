//! One row of the table in one situation.

use super::super::{PATH, body, read_all};
use super::{End, OK, Row};
use crate::raw_connection::RawConnection;
use flagpole_server::BlockingServer;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Faults do not apply to pages.
const PAGE: &str = "/flags/index.json";

/// Which connection carries the request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Situation {
    Fresh,
    Reused,
    /// A FIN follows the request.
    HalfClosed,
    /// The request is a POST, whose body is larger than the buffers of both sockets.
    LargeBody,
}

/// Starts a server whose every response has the fault of the row, and compares what one request gets.
pub(super) fn check(row: &Row, situation: Situation) {
    let fault = row.fault.parse().unwrap();
    let server = BlockingServer::builder().fault(fault).start().unwrap();
    let mut raw = RawConnection::open(&server);
    if situation == Situation::Reused {
        assert_eq!(raw.get(PAGE).status, 200);
    }
    let sender = send(&mut raw, situation);
    let context = format!("{}, {situation:?}", row.fault);
    println!("{context}"); // shown if a read fails
    let mut exchange = Exchange { raw, context };
    exchange.check_response(row, situation);
    exchange.check_end(row.end_in(situation), sender);
}

impl Row {
    fn end_in(&self, situation: Situation) -> End {
        match (situation, self.end) {
            (Situation::LargeBody, end) => self.end_after_large_body.unwrap_or(end),
            (Situation::HalfClosed, End::Open | End::FinAtNextRequest) => End::Fin,
            (_, end) => end,
        }
    }
}

struct Exchange {
    raw: RawConnection,
    /// What failed assertions say.
    context: String,
}

impl Exchange {
    fn check_response(&mut self, row: &Row, situation: Situation) {
        let context = &self.context;
        let (ok, representation) = if situation == Situation::LargeBody {
            ("HTTP/1.1 405 ", b"405 Method Not Allowed\n".to_vec())
        } else {
            (OK, body())
        };
        let mut head = String::new();
        for start in row.heads {
            head = self.raw.head();
            let start = if *start == OK { ok } else { start };
            assert!(head.starts_with(start), "{context}: {head}");
        }
        let expected = (row.body)(&representation);
        let mut received = vec![0; expected.len()];
        let read = self.raw.0.read_exact(&mut received);
        read.unwrap_or_else(|error| panic!("{context}: body: {error}"));
        let differing = received
            .iter()
            .zip(&expected)
            .map(|(a, b)| (a ^ b).count_ones());
        assert_eq!(
            differing.sum::<u32>(),
            row.flipped_bits,
            "{context}: flipped bits"
        );
        // The body of another status is complete.
        let is_ok = row.heads.contains(&OK);
        let length = if is_ok {
            representation.len()
        } else {
            expected.len()
        };
        assert_eq!(framing(&head), (row.framing)(length), "{context}");
    }

    fn check_end(mut self, end: End, sender: JoinHandle<Option<ErrorKind>>) {
        let context = self.context.clone();
        match end {
            End::Open => {
                assert_eq!(sender.join().unwrap(), None, "{context}");
                assert_eq!(self.raw.get(PAGE).status, 200, "{context}");
            }
            End::FinAtNextRequest => {
                assert_eq!(sender.join().unwrap(), None, "{context}");
                self.raw.send("G");
                self.check_is_reset(false, || None);
            }
            End::Fin => self.check_is_reset(false, || sender.join().unwrap()),
            End::Reset => self.check_is_reset(true, || sender.join().unwrap()),
            End::Silence => {
                let timeout = Some(Duration::from_millis(20));
                self.raw.0.set_read_timeout(timeout).unwrap();
                let received = self.raw.0.read(&mut [0]).map_err(|error| error.kind());
                assert_eq!(received, Err(ErrorKind::WouldBlock), "{context}");
            }
            End::Endless => {}
        }
        // The thread of an unfinished body ends with its connection.
        drop(self.raw.0.shutdown(Shutdown::Both));
    }

    /// Nothing more is received. Linux reports a reset once: to the sender or to the receiver.
    fn check_is_reset(&mut self, is_reset: bool, send_error: impl FnOnce() -> Option<ErrorKind>) {
        let rest = read_all(&mut self.raw);
        let (context, errors) = (&self.context, [rest.error, send_error()]);
        assert_eq!((rest.head.as_str(), rest.body.len()), ("", 0), "{context}");
        let was_reset = errors.contains(&Some(ErrorKind::ConnectionReset));
        assert_eq!(
            was_reset, is_reset,
            "{context}: receiver and sender: {errors:?}"
        );
    }
}

/// The fields that mark the end of the body.
fn framing(head: &str) -> Vec<&str> {
    let names = ["content-length:", "transfer-encoding:", "trailer:"];
    let is_framing = |line: &&str| names.iter().any(|name| line.starts_with(name));
    head.lines().filter(is_framing).collect()
}

/// Sends the request that meets the fault. A separate thread sends the body, and returns the error if the peer did not
/// take everything.
fn send(raw: &mut RawConnection, situation: Situation) -> JoinHandle<Option<ErrorKind>> {
    let (method, length) = match situation {
        Situation::LargeBody => ("POST", 20_000_000),
        Situation::Fresh | Situation::Reused | Situation::HalfClosed => ("GET", 0),
    };
    raw.send(&format!(
        "{method} {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
    ));
    if situation == Situation::HalfClosed {
        // Fails if the server has reset the connection already.
        drop(raw.0.shutdown(Shutdown::Write));
    }
    let mut stream = raw.0.try_clone().unwrap();
    thread::spawn(move || {
        stream
            .write_all(&vec![b'x'; length])
            .err()
            .map(|error| error.kind())
    })
}
