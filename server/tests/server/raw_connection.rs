//! A minimal HTTP client on a TCP stream.

use flagpole_server::{
    BlockingServer, JournalEntry, Ledger, RequestEntry, RequestOutcome, ServerControl,
};
use socket2::SockRef;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

/// Much longer than any test takes, on the busiest machine: only a hang fails.
const DEADLINE: Duration = Duration::from_secs(120);

pub(crate) fn wait_until(mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < end, "the condition never came true");
        thread::sleep(Duration::from_millis(1));
    }
}

/// The requests in the journal that are over, and what came of them.
pub(crate) fn finished_requests(control: &ServerControl) -> Vec<(RequestEntry, RequestOutcome)> {
    let finished = |entry| match entry {
        JournalEntry::End { request, outcome } => Some((request, outcome)),
        _ => None,
    };
    let entries = control.journal_entries();
    entries.into_iter().filter_map(finished).collect()
}

/// Stops a server when its requests are over; returns its ledger, and the requests in its journal.
pub(crate) fn finish(server: BlockingServer) -> (Ledger, Vec<(RequestEntry, RequestOutcome)>) {
    let control = server.control();
    let ledger = server.shutdown(DEADLINE);
    (ledger, finished_requests(&control))
}

/// One connection.
pub(crate) struct RawConnection(pub(crate) TcpStream);

/// A response; field names are in lower case.
pub(crate) struct RawResponse {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl RawConnection {
    pub(crate) fn open(server: &BlockingServer) -> RawConnection {
        let stream = TcpStream::connect(server.addr()).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        RawConnection(stream)
    }

    /// Leaves: a FIN would only say that no further request comes.
    pub(crate) fn reset(self) {
        let zero = Some(Duration::ZERO);
        SockRef::from(&self.0).set_linger(zero).unwrap();
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn request(&mut self, method: &str, path: &str, fields: &str) -> RawResponse {
        self.send(&format!(
            "{method} {path} HTTP/1.1\r\nHost: flags\r\n{fields}\r\n"
        ));
        self.response(method != "HEAD")
    }

    pub(crate) fn get(&mut self, path: &str) -> RawResponse {
        self.request("GET", path, "")
    }

    pub(crate) fn response(&mut self, has_body: bool) -> RawResponse {
        let head = self.head();
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let field = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        };
        let headers: BTreeMap<_, _> = lines.filter(|line| !line.is_empty()).map(field).collect();
        let length = headers
            .get("content-length")
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; if has_body { length } else { 0 }];
        self.0.read_exact(&mut body).unwrap();
        RawResponse {
            status,
            headers,
            body,
        }
    }

    pub(crate) fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        String::from_utf8(head).unwrap()
    }
}
