//! Every fault as a raw socket sees it, by bytes and errno: on a fresh connection, and on one that
//! has been used before.

mod contents;
mod endings;
mod paces;

use crate::raw::Raw;
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

/// What a peer reads until the connection ends, and how it ends.
#[derive(Debug)]
struct Seen {
    head: String,
    body: Vec<u8>,
    /// The error of the last read; `None` for a FIN.
    error: Option<ErrorKind>,
}

fn read_all(raw: &mut Raw) -> Seen {
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
    Seen {
        head: String::from_utf8_lossy(&bytes).into_owned(),
        body,
        error,
    }
}

/// Lets the fault strike on a fresh connection, then on one that has served an answer before; gives
/// what was seen of both, and the ledger. The fault strikes every other n or so; the same profile
/// tells beforehand which.
fn on_fresh_and_used(fault: &str, look: impl Fn(&mut Raw) -> Seen) -> ([Seen; 2], Ledger) {
    let server = BlockingServer::builder()
        .fault(format!("{fault}@50%").parse().unwrap())
        .seed(2)
        .journal_capacity(100);
    let server = server.start().unwrap();
    let probe = flagpole_server::RuleSet::of(
        2,
        "0".parse().unwrap(),
        vec![format!("{fault}@50%").parse().unwrap()],
    );
    let probe = probe.unwrap();
    let key = flagpole_protocol::FateKey::Resource(Resource::Flag("BR".parse().unwrap()));
    let nth = |struck: bool| {
        (1..1000)
            .find(|&n| probe.fate(key, n).fault.is_some() == struck)
            .unwrap()
    };
    let fields = |n: u64| format!("Flagpole-Nth: {n}\r\n");

    let ask = |raw: &mut Raw| {
        raw.send(&format!(
            "GET {PATH} HTTP/1.1\r\nHost: x\r\n{}\r\n",
            fields(nth(true))
        ));
    };
    let mut fresh = Raw::to(&server);
    ask(&mut fresh);
    let seen_fresh = look(&mut fresh);
    let mut used = Raw::to(&server);
    assert_eq!(used.ask("GET", PATH, &fields(nth(false))).body, body());
    ask(&mut used);
    let seen_used = look(&mut used);
    drop((fresh, used));
    (
        [seen_fresh, seen_used],
        server.shutdown(Duration::from_secs(10)),
    )
}

fn until_the_end(fault: &str) -> [Seen; 2] {
    on_fresh_and_used(fault, read_all).0
}

/// The answer alone; the connection must live on and serve another.
fn and_lives_on(fault: &str) -> [Seen; 2] {
    let look = |raw: &mut Raw| {
        let head = raw.head();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        raw.0.read_exact(&mut body).unwrap();
        let next = raw.ask("GET", "/flags/us/us.gif", "Flagpole-Nth: 1\r\n");
        assert!(next.status >= 200, "the connection is of no more use");
        Seen {
            head,
            body,
            error: None,
        }
    };
    on_fresh_and_used(fault, look).0
}
