//! Every fault as a socket receives it, by bytes and errno: on a fresh and on a reused connection.

mod asked;
mod content;
mod ending;
mod family;
mod framing;
mod pace;
mod redirect_chains;
mod request_bodies;

use crate::raw_connection::RawConnection;
use flagpole_fixtures::Catalog;
use flagpole_protocol::Ledger;
use flagpole_protocol::{CountryCode, Resource};
use flagpole_server::BlockingServer;
use std::io::{ErrorKind, Read};
use std::time::Duration;

const PATH: &str = "/flags/br/br.gif";

fn body() -> Vec<u8> {
    let code: CountryCode = "BR".parse().unwrap();
    Catalog::embedded()
        .get(Resource::Flag(code))
        .unwrap()
        .to_vec()
}

/// Bytes until the connection ends, and how it ends.
#[derive(Debug)]
struct ReceivedBytes {
    head: String,
    body: Vec<u8>,
    /// The error of the last read; `None` for a FIN.
    error: Option<ErrorKind>,
}

fn read_all(raw: &mut RawConnection) -> ReceivedBytes {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    let error = loop {
        match raw.0.read(&mut chunk) {
            Ok(0) => break None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
            Err(error) => break Some(error.kind()),
        }
    };
    let head = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map_or(0, |end| end + 4);
    let body = bytes.split_off(head);
    ReceivedBytes {
        head: String::from_utf8_lossy(&bytes).into_owned(),
        body,
        error,
    }
}

/// Injects a fault on a fresh connection, then on one that has served a response before; returns what was
/// received of both, and the ledger. The fault hits about every other request number; a rule set with the
/// same seed predicts which.
fn on_fresh_and_reused(
    fault: &str,
    look: impl Fn(&mut RawConnection) -> ReceivedBytes,
) -> ([ReceivedBytes; 2], Ledger) {
    let server = BlockingServer::builder()
        .fault(format!("{fault}@50%").parse().unwrap())
        .seed(2)
        .journal_capacity(100);
    let server = server.start().unwrap();
    let probe = flagpole_server::RuleSet::without_rules(
        2,
        "0".parse().unwrap(),
        vec![format!("{fault}@50%").parse().unwrap()],
    );
    let probe = probe.unwrap();
    let key = flagpole_protocol::FateKey::from(Resource::Flag("BR".parse().unwrap()));
    let nth = |faulty: bool| {
        (1..1000)
            .find(|&n| probe.fate(&key, n).fault.is_some() == faulty)
            .unwrap()
    };
    let fields = |n: u64| format!("Flagpole-Nth: {n}\r\n");

    let request = |raw: &mut RawConnection| {
        raw.send(&format!(
            "GET {PATH} HTTP/1.1\r\nHost: x\r\n{}\r\n",
            fields(nth(true))
        ));
    };
    let mut fresh = RawConnection::open(&server);
    request(&mut fresh);
    let received_fresh = look(&mut fresh);
    let mut reused = RawConnection::open(&server);
    assert_eq!(
        reused.request("GET", PATH, &fields(nth(false))).body,
        body()
    );
    request(&mut reused);
    let received_reused = look(&mut reused);
    drop((fresh, reused));
    (
        [received_fresh, received_reused],
        server.shutdown(Duration::from_secs(10)),
    )
}

fn read_until_end(fault: &str) -> [ReceivedBytes; 2] {
    on_fresh_and_reused(fault, read_all).0
}

/// Reads one response, and another one on the same connection.
fn read_and_reuse(fault: &str) -> [ReceivedBytes; 2] {
    let look = |raw: &mut RawConnection| {
        let head = raw.head();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        raw.0.read_exact(&mut body).unwrap();
        let next = raw.request("GET", "/flags/us/us.gif", "Flagpole-Nth: 1\r\n");
        assert!(next.status >= 200, "the connection cannot be reused");
        ReceivedBytes {
            head,
            body,
            error: None,
        }
    };
    on_fresh_and_reused(fault, look).0
}
