//! A peer that closes its sending side gets the same bytes and the same ending as one that does not.

use crate::raw_connection::{RawConnection, finish, wait_until};
use flagpole_server::fate::fault;
use flagpole_server::{BlockingServer, ServerBuilder};
use std::io::{ErrorKind, Read};
use std::net::Shutdown;
use std::time::Duration;

const PATH: &str = "/flags/br/br.gif";

/// Peers of each case, which are served at the same time.
const PEERS: usize = 50;

/// Faults whose responses end, with every member of the family.
const FAULTS: [&str; 31] = [
    "503,retry-after=2s",
    "204",
    "reset",
    "reset:700",
    "reset:100%",
    "cut:50%",
    "empty",
    "hang:for=20ms",
    "hang:700,for=20ms",
    "hang:100%,for=20ms",
    "stall:700,for=20ms",
    "trickle:200000",
    "dribble:5,20ms",
    "slow-head:20ms",
    "corrupt:3",
    "garbage",
    "redirect:3",
    "chunked",
    "chunked:100,trailer=X-Checksum:1",
    "chunked:truncated",
    "chunked:unterminated",
    "chunked:100,malformed",
    "until-close",
    "until-close:700",
    "content-length:+10",
    "content-length:-10",
    "content-length:double",
    "interim:100,count=1000",
    "stale",
    "early-response",
    "slow-upload:1000",
];

fn server(latency: &str, fault: Option<&str>) -> BlockingServer {
    let builder = BlockingServer::builder().latency(latency.parse().unwrap());
    let faults = fault.into_iter().map(|fault| fault.parse().unwrap());
    faults.fold(builder, ServerBuilder::fault).start().unwrap()
}

/// Requests of one connection; the last one ends it if `closes`.
fn requests(count: usize, closes: bool) -> String {
    let request = |index| {
        let close = if closes && index + 1 == count {
            "Connection: close\r\n"
        } else {
            ""
        };
        // The number decides which bits are corrupted.
        format!("GET {PATH} HTTP/1.1\r\nHost: x\r\nFlagpole-Nth: 1\r\n{close}\r\n")
    };
    (0..count).map(request).collect()
}

/// What a connection received to its end, without the fields that differ between equal responses.
fn received(raw: &mut RawConnection) -> (String, Option<ErrorKind>) {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 16 << 10]);
    let error = loop {
        match raw.0.read(&mut chunk) {
            Ok(0) => break None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
            Err(error) => break Some(error.kind()),
        }
    };
    let text: String = bytes.into_iter().map(char::from).collect();
    let differs = |line: &&str| {
        ["date: ", "server-timing: ", "connection: "]
            .iter()
            .all(|name| !line.starts_with(name))
    };
    (
        text.split("\r\n")
            .filter(differs)
            .collect::<Vec<_>>()
            .join("\r\n"),
        error,
    )
}

fn send(server: &BlockingServer, text: &str, shuts: bool) -> RawConnection {
    let mut raw = RawConnection::open(server);
    raw.send(text);
    if shuts {
        // An error: a fault has reset the connection already.
        let _ = raw.0.shutdown(Shutdown::Write);
    }
    raw
}

fn check(latency: &str, fault: Option<&str>, pipelined: usize) {
    let server = server(latency, fault);
    let expected = received(&mut send(&server, &requests(pipelined, true), false));
    let open = || send(&server, &requests(pipelined, false), true);
    let peers: Vec<_> = (0..PEERS).map(|_| open()).collect();
    for mut raw in peers {
        let received = received(&mut raw);
        assert!(
            received == expected,
            "{fault:?}, {latency}, {pipelined} requests: {} bytes, {:?} instead of {} bytes, {:?}",
            received.0.len(),
            received.1,
            expected.0.len(),
            expected.1
        );
    }
    let ledger = server.shutdown(Duration::from_secs(10));
    assert_eq!(
        (ledger.aborted, ledger.ended_by_stop),
        (0, 0),
        "{fault:?}, {latency}"
    );
}

#[test]
fn half_closed_peer_gets_every_response() {
    for latency in ["0", "50ms"] {
        for pipelined in [1, 2, 3] {
            check(latency, None, pipelined);
        }
    }
}

#[test]
fn half_closed_peer_gets_every_faulty_response() {
    for member in fault::FAMILY {
        let is_member = |fault: &str| match member.name {
            "status" => fault.starts_with(|first: char| first.is_ascii_digit()),
            name => fault.split([':', ',']).next() == Some(name),
        };
        assert!(
            FAULTS.iter().any(|fault| is_member(fault)),
            "{} is missing",
            member.name
        );
    }
    for fault in FAULTS {
        check("0", Some(fault), 1);
        check("20ms", Some(fault), 2);
    }
}

/// The FIN comes while the response is written: most of it is in the server's buffers.
#[test]
fn peer_that_closes_its_side_during_the_response_gets_the_rest() {
    for fault in [
        "trickle:200000",
        "chunked",
        "hang:700,for=20ms",
        "interim:100,count=1000",
    ] {
        let server = server("0", Some(fault));
        let expected = received(&mut send(&server, &requests(1, true), false));
        let mut raw = send(&server, &requests(1, false), false);
        let mut first = [0; 1];
        raw.0.read_exact(&mut first).unwrap();
        raw.0.shutdown(Shutdown::Write).unwrap();
        let (rest, error) = received(&mut raw);
        assert_eq!(
            (format!("{}{rest}", char::from(first[0])), error),
            expected,
            "{fault}"
        );
    }
}

/// Responses without an end: the requests are over, but a peer that closed its side is not taken for one that has gone.
#[test]
fn half_closed_peer_stays_connected_to_an_endless_response() {
    for (fault, body, ended_by_fault) in [
        ("hang", None, PEERS as u64),
        ("hang:700", Some(700), PEERS as u64),
        ("hang:100%", Some(11_059), 0),
    ] {
        let server = server("0", Some(fault));
        let mut peers: Vec<_> = (0..PEERS)
            .map(|_| send(&server, &requests(1, false), true))
            .collect();
        for raw in &mut peers {
            if let Some(length) = body {
                raw.head();
                raw.0.read_exact(&mut vec![0; length]).unwrap();
            }
        }
        assert!(
            server.wait(PEERS as u64, Duration::from_secs(120)),
            "{fault}"
        );
        for raw in &mut peers {
            raw.0.set_nonblocking(true).unwrap();
            let error = raw.0.read(&mut [0]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::WouldBlock, "{fault}");
        }
        let ledger = server.ledger();
        let ends = (ledger.aborted, ledger.ended_by_fault);
        assert_eq!(ends, (0, ended_by_fault), "{fault}");
        peers.into_iter().for_each(RawConnection::reset);
        wait_until(|| server.open_connections() == 0);
    }
}

#[test]
fn half_closed_peer_reads_on_from_an_endless_body() {
    let server = server("0", Some("chunked:endless"));
    let mut raw = send(&server, &requests(1, false), true);
    raw.head();
    raw.0.read_exact(&mut vec![0; 1 << 20]).unwrap();
    raw.reset();
    wait_until(|| server.ledger().aborted == 1);
}

#[test]
fn journal_says_when_a_peer_closed_its_side_during_a_response() {
    let server = server("300ms", None);
    let mut left = send(&server, &requests(1, true), true);
    assert!(received(&mut left).0.starts_with("HTTP/1.1 200"));
    // Only now, so that the order of the entries is known.
    let mut stayed = send(&server, &requests(1, true), false);
    received(&mut stayed);
    let (_, requests) = finish(server);
    let closed: Vec<_> = requests.iter().map(|(_, one)| one.peer_closed).collect();
    let [Some(closed), None] = closed[..] else {
        panic!("{closed:?}");
    };
    assert!(closed < requests[0].1.duration, "{closed:?}");
}
