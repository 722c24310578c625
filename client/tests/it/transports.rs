//! The transports differ in the library they use, and in nothing that a server or a record can tell.

use crate::gif::{self, GIF};
use crate::server::{OK, Peer, Server, by_name, plan};
use flagpole_client::policy::Timeouts;
use flagpole_client::{CancellationToken, Endpoint, Policy, Run, Transport, transport};
use flagpole_protocol::ContentDigest;
use flagpole_protocol::TimeoutKind;
use flagpole_protocol::{AttemptRecord, Outcome};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

/// Longer than any test takes: a limit that is not the one looked at.
const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(100);

/// Downloads these flags on one lane, by each transport in turn.
fn records(
    server: &Server,
    codes: &str,
    set: impl Fn(Run<'_>) -> Run<'_>,
) -> Vec<(&'static str, Vec<AttemptRecord>)> {
    let run = |transport: &&'static dyn Transport| {
        let done = server.run("sequential", codes, |run| set(run.transport(*transport)));
        (transport.name(), done.unwrap().1)
    };
    transport::ALL.iter().map(run).collect()
}

/// The one record of a download, by each transport.
fn record(
    script: impl Fn(&mut Peer) + Send + Sync + 'static,
    set: impl Fn(Run<'_>) -> Run<'_>,
) -> impl Iterator<Item = (&'static str, AttemptRecord)> {
    let server = Server::start(move |_, peer| script(peer));
    let records = records(&server, "BR", set);
    records
        .into_iter()
        .map(|(name, mut records)| (name, records.remove(0)))
}

fn timeouts(run: Run<'_>, timeouts: Timeouts) -> Run<'_> {
    let policy = Policy {
        timeouts,
        ..Policy::default()
    };
    run.policy(policy)
}

/// A listener that no connection gets through to any more, and what keeps it so.
fn congested() -> (TcpListener, SocketAddr, Vec<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    socket2::SockRef::from(&listener).listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut streams = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, SHORT) {
        streams.push(stream);
    }
    (listener, address, streams)
}

#[test]
fn names_and_lines_of_help_are_there_and_differ() {
    let names: Vec<_> = transport::ALL.iter().map(|known| known.name()).collect();
    assert_eq!(names, ["hyper", "ureq"]);
    assert!(transport::ALL.iter().all(|known| !known.about().is_empty()));
}

#[test]
fn no_server_can_tell_them_apart() {
    let server = Server::answering(|_| OK.into());
    for reuse in [true, false] {
        records(&server, "BR BR", |run| {
            let policy = Policy {
                reuse,
                ..Policy::default()
            };
            run.policy(policy).name("x")
        });
    }
    let requests = server.requests();
    assert_eq!(requests[..2], requests[2..4]);
    assert_eq!(requests[4..6], requests[6..8]);
    assert!(requests[4].contains("\r\nconnection: close\r\n"));
    // One for both requests of a run where it is used again, one each where not.
    assert_eq!(server.connections(), 2 + 4);
}

#[test]
fn the_answer_is_the_same_head_by_head_and_byte_by_byte() {
    let head = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n\
                Server-Timing: planned;dur=7.000\r\nContent-Length: 29\r\n\r\n\
                GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    let slowly = |peer: &mut Peer| {
        while peer.request().is_some() {
            head.bytes().for_each(|byte| peer.send([byte]));
        }
    };
    for (name, record) in record(slowly, |run| run) {
        assert_eq!(record.outcome, Outcome::Ok, "{name}");
        assert_eq!((record.status, record.bytes), (Some(200), 29));
        let planned = record.timing.unwrap().planned;
        assert_eq!(planned, Duration::from_millis(7));
        let first_byte = record.first_byte.unwrap();
        assert!(record.sent <= first_byte && first_byte <= record.done);
    }
}

#[test]
fn what_arrived_before_the_end_is_counted() {
    let cut = |peer: &mut Peer| {
        peer.request();
        peer.send(format!(
            "HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n{}",
            "x".repeat(20_000)
        ));
        peer.fin();
    };
    for (name, record) in record(cut, |run| run) {
        let seen = (record.outcome, record.status, record.bytes);
        assert_eq!(seen, (Outcome::IncompleteBody, Some(200), 20_000), "{name}");
    }
}

#[test]
fn a_body_that_ends_with_its_connection_is_whole_only_if_that_ends_well() {
    let ends = |end: fn(&mut Peer)| {
        let script = move |peer: &mut Peer| {
            peer.request();
            peer.send(format!("HTTP/1.1 200 OK\r\n\r\n{GIF}"));
            end(peer);
        };
        record(script, |run| run).map(|(_, record)| record.outcome)
    };
    for (well, ill) in ends(Peer::fin).zip(ends(Peer::reset)) {
        assert_eq!((well, ill), (Outcome::Ok, Outcome::ConnectionReset));
    }
}

#[test]
fn a_body_that_is_far_longer_than_any_head_is_no_flood() {
    const MEGABYTE: usize = 1 << 20;
    let large = |peer: &mut Peer| {
        peer.request();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {MEGABYTE}\r\n\r\n");
        peer.send(head + &gif::of(MEGABYTE));
    };
    for (name, record) in record(large, |run| run) {
        assert_eq!(record.outcome, Outcome::Ok, "{name}");
    }
}

#[test]
fn a_last_chunk_without_its_end_is_a_cut() {
    let cut = |peer: &mut Peer| {
        peer.request();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nGIF\r\n0\r\n");
        peer.fin();
    };
    for (name, record) in record(cut, |run| run) {
        assert_eq!(record.outcome, Outcome::IncompleteBody, "{name}");
    }
}

#[test]
fn the_size_of_a_chunk_that_does_not_end_is_given_up() {
    let endless = |peer: &mut Peer| {
        peer.request();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;");
        peer.send("x".repeat(100_000));
        peer.hang();
    };
    for (name, record) in record(endless, |run| run.timeout(LONG)) {
        let outcome = record.outcome;
        assert!(
            matches!(outcome, Outcome::ProtocolError(_)),
            "{name}: {outcome:?}"
        );
    }
}

#[test]
fn what_is_compressed_is_not_what_was_asked_for() {
    // The start of a gzip file, with the digest of what is sent: what it holds is anybody's guess.
    let body = "\u{1f}not really gzip";
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Digest: {}\r\nContent-Length: {}\r\n\r\n",
        ContentDigest::from_body(body.as_bytes()),
        body.len()
    );
    let packed = move |peer: &mut Peer| {
        while peer.request().is_some() {
            peer.send(format!("{head}{body}"));
        }
    };
    for (name, record) in record(packed, |run| run) {
        assert_eq!(record.outcome, Outcome::Corrupt, "{name}");
    }
}

#[test]
fn a_redirect_is_an_answer_and_leads_as_far_as_the_policy_lets_it() {
    // A path longer than any buffer is at first.
    let path = format!("/{}", "x".repeat(8_000));
    let location = format!("HTTP/1.1 302 Found\r\nLocation: {path}\r\nContent-Length: 2\r\n\r\nno");
    let server = Server::answering(move |head| {
        if head.starts_with("GET /flags/") {
            location.clone()
        } else {
            OK.into()
        }
    });
    for (name, records) in records(&server, "BR", |run| run) {
        let outcomes: Vec<_> = records.iter().map(|record| &record.outcome).collect();
        assert_eq!(
            outcomes,
            [&Outcome::Redirected(302), &Outcome::Ok],
            "{name}"
        );
        assert!(records[1].reused_connection);
    }
    let asked = format!("GET {path} HTTP/1.1\r\n");
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    assert!(requests[1].starts_with(&asked) && requests[3].starts_with(&asked));
}

#[test]
fn each_limit_of_time_is_told_from_the_others() {
    let silent = |peer: &mut Peer| {
        peer.request();
        peer.hang();
    };
    let stalled = |peer: &mut Peer| {
        peer.request();
        peer.send(&OK[..20]);
        peer.hang();
    };
    let first = Timeouts {
        connect: Some(LONG),
        first_byte: Some(SHORT),
        total: Some(LONG),
    };
    let whole = Timeouts {
        first_byte: Some(LONG),
        total: Some(SHORT),
        ..first
    };
    // Once there is a first byte, it is in time however long the rest takes.
    let rest = Timeouts {
        first_byte: Some(SHORT),
        total: Some(2 * SHORT),
        ..first
    };
    let outcomes = |script: fn(&mut Peer), limits| {
        record(script, move |run| timeouts(run, limits)).map(|(_, record)| record.outcome)
    };
    let expected = |which, limit| vec![Outcome::Timeout(which, limit); transport::ALL.len()];
    let all = |script, limits| outcomes(script, limits).collect::<Vec<_>>();
    assert_eq!(all(silent, first), expected(TimeoutKind::FirstByte, SHORT));
    assert_eq!(all(silent, whole), expected(TimeoutKind::Total, SHORT));
    assert_eq!(all(stalled, rest), expected(TimeoutKind::Total, 2 * SHORT));
}

/// Lets one download by this transport connect in vain, and returns how it ended; `None` if it was
/// cancelled before it began.
fn connecting(
    transport: &'static dyn Transport,
    limits: Timeouts,
    cancel: &CancellationToken,
) -> Option<AttemptRecord> {
    let (_listener, address, _streams) = congested();
    let (plan, endpoint) = (plan("BR"), Endpoint::from(address));
    let kept = Mutex::new(None);
    let keep = |record: &AttemptRecord| *kept.lock().unwrap() = Some(record.clone());
    let run = timeouts(Run::new(&plan, &endpoint), limits).cancel(cancel.clone());
    let run = run.transport(transport).on_record(&keep);
    by_name("sequential").run(&run).unwrap();
    kept.into_inner().unwrap()
}

#[test]
fn a_connection_that_is_not_made_in_time_is_a_timeout_of_its_own() {
    let limits = Timeouts {
        connect: Some(SHORT),
        first_byte: Some(Duration::ZERO),
        total: Some(LONG),
    };
    for transport in transport::ALL {
        let record = connecting(*transport, limits, &CancellationToken::new()).unwrap();
        assert_eq!(
            record.outcome,
            Outcome::Timeout(TimeoutKind::Connect, SHORT)
        );
        assert_eq!((record.first_byte, record.reused_connection), (None, false));
        let whole = Timeouts {
            connect: None,
            total: Some(SHORT),
            ..limits
        };
        let record = connecting(*transport, whole, &CancellationToken::new()).unwrap();
        assert_eq!(record.outcome, Outcome::Timeout(TimeoutKind::Total, SHORT));
    }
}

#[test]
fn an_attempt_is_cancelled_while_it_connects() {
    let limits = Timeouts {
        total: Some(LONG),
        ..Timeouts::default()
    };
    for transport in transport::ALL {
        // Until it has been cancelled within the attempt, and not before.
        let record = loop {
            let cancel = CancellationToken::new();
            let canceller = cancel.clone();
            let waiting = thread::spawn(move || {
                thread::sleep(3 * SHORT);
                canceller.cancel();
            });
            let record = connecting(*transport, limits, &cancel);
            waiting.join().unwrap();
            if let Some(record) = record {
                break record;
            }
        };
        assert_eq!(record.outcome, Outcome::Cancelled, "{}", transport.name());
        assert!(record.service_time() < LONG, "it was not left to wait");
    }
}

#[test]
fn an_attempt_is_cancelled_wherever_it_waits_for_the_server() {
    for transport in transport::ALL {
        // On a fresh connection and on a used one; before the head, within it, within the body.
        for served in [0, 1] {
            for sent in [0, 20, OK.len() - 1] {
                let cancel = CancellationToken::new();
                let canceller = cancel.clone();
                let server = Server::start(move |_, peer| {
                    (0..served).for_each(|_| peer.serve());
                    peer.request();
                    peer.send(&OK[..sent]);
                    canceller.cancel();
                    peer.hang();
                });
                let done = server.run("sequential", "BR US", |run| {
                    let run = run.transport(*transport).timeout(LONG);
                    run.cancel(cancel.clone())
                });
                let (_, records) = done.unwrap();
                let outcome = &records[served].outcome;
                assert_eq!(*outcome, Outcome::Cancelled, "{}", transport.name());
                assert!(
                    records[served].service_time() < LONG,
                    "it was not left to wait"
                );
                assert_eq!((records.len(), server.connections()), (served + 1, 1));
            }
        }
    }
}
