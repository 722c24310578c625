//! Exchanges of a blocked thread and of an event loop differ only in how they wait: requests and records are the same.

use crate::gif::{self, GIF};
use crate::test_server::{EACH_DRIVER, LONG, OK, ServerConnection, TestServer, by_name, workload};
use flagpole_client::policy::Timeouts;
use flagpole_client::{CancellationToken, Endpoint, Policy, Run};
use flagpole_protocol::{AttemptRecord, ContentDigest, Outcome, TimeoutKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(100);

/// Downloads these flags, one after the other, with each driver.
fn records(
    server: &TestServer,
    codes: &str,
    set: impl Fn(Run<'_>) -> Run<'_>,
) -> Vec<(&'static str, Vec<AttemptRecord>)> {
    let run = |name| (name, server.run(name, codes, &set).unwrap().1);
    EACH_DRIVER.into_iter().map(run).collect()
}

/// The record of one download with each driver.
fn record(
    script: impl Fn(&mut ServerConnection) + Send + Sync + 'static,
    set: impl Fn(Run<'_>) -> Run<'_>,
) -> impl Iterator<Item = (&'static str, AttemptRecord)> {
    let server = TestServer::start(move |_, connection| script(connection));
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

/// A listener with a full backlog, and the connections that fill it.
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
fn requests_of_all_drivers_are_equal() {
    let server = TestServer::responding(|_| OK.into());
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
    let drivers = EACH_DRIVER.len();
    let (reusing, closing) = requests.split_at(2 * drivers);
    assert!(reusing.chunks(2).all(|pair| pair == &reusing[..2]));
    assert!(closing.chunks(2).all(|pair| pair == &closing[..2]));
    assert!(closing[0].contains("\r\nconnection: close\r\n"));
    // One for both requests of a run with reuse, one each without.
    assert_eq!(server.connections(), drivers + 2 * drivers);
}

#[test]
fn response_may_arrive_byte_by_byte_after_an_interim_response() {
    let head = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n\
                Server-Timing: planned;dur=7.000\r\nContent-Length: 29\r\n\r\n\
                GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    let slowly = |connection: &mut ServerConnection| {
        while connection.request().is_some() {
            head.bytes().for_each(|byte| connection.send([byte]));
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
fn received_bytes_of_an_incomplete_body_are_counted() {
    let cut = |connection: &mut ServerConnection| {
        connection.request();
        connection.send(format!(
            "HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n{}",
            "x".repeat(20_000)
        ));
        connection.fin();
    };
    for (name, record) in record(cut, |run| run) {
        let received = (record.outcome, record.status, record.bytes);
        assert_eq!(
            received,
            (Outcome::IncompleteBody, Some(200), 20_000),
            "{name}"
        );
    }
}

#[test]
fn close_delimited_body_is_complete_after_fin_but_not_after_rst() {
    let outcomes = |end: fn(&mut ServerConnection)| {
        let script = move |connection: &mut ServerConnection| {
            connection.request();
            connection.send(format!("HTTP/1.1 200 OK\r\n\r\n{GIF}"));
            end(connection);
        };
        record(script, |run| run).map(|(_, record)| record.outcome)
    };
    for (after_fin, after_rst) in
        outcomes(ServerConnection::fin).zip(outcomes(ServerConnection::reset))
    {
        assert_eq!(
            (after_fin, after_rst),
            (Outcome::Ok, Outcome::ConnectionReset)
        );
    }
}

#[test]
fn long_body_is_accepted() {
    const MEGABYTE: usize = 1 << 20;
    let large = |connection: &mut ServerConnection| {
        connection.request();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {MEGABYTE}\r\n\r\n");
        connection.send(head + &gif::of_length(MEGABYTE));
    };
    for (name, record) in record(large, |run| run) {
        assert_eq!(record.outcome, Outcome::Ok, "{name}");
    }
}

#[test]
fn content_length_of_a_chunked_body_is_ignored() {
    let (first, last) = GIF.split_at(GIF.len() / 2);
    for length in [first.len(), last.len(), 9999] {
        let both = move |connection: &mut ServerConnection| {
            connection.request();
            let (a, b) = (first.len(), last.len());
            let head = format!("Content-Length: {length}\r\nTransfer-Encoding: chunked");
            let body = format!("{a:x}\r\n{first}\r\n{b:x}\r\n{last}\r\n0\r\n\r\n");
            connection.send(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}"));
            connection.fin();
        };
        for (name, record) in record(both, |run| run) {
            assert_eq!(record.outcome, Outcome::Ok, "{name}");
        }
    }
}

#[test]
fn unterminated_last_chunk_is_incomplete() {
    let cut = |connection: &mut ServerConnection| {
        connection.request();
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nGIF\r\n0\r\n");
        connection.fin();
    };
    for (name, record) in record(cut, |run| run) {
        assert_eq!(record.outcome, Outcome::IncompleteBody, "{name}");
    }
}

#[test]
fn endless_chunk_size_is_a_protocol_error() {
    let endless = |connection: &mut ServerConnection| {
        connection.request();
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;");
        connection.send("x".repeat(100_000));
        connection.hang();
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
fn coded_body_is_named() {
    // The start of a gzip file, with the digest of these bytes.
    let body = "\u{1f}not really gzip";
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Digest: {}\r\nContent-Length: {}\r\n\r\n",
        ContentDigest::from_body(body.as_bytes()),
        body.len()
    );
    let compressed = move |connection: &mut ServerConnection| {
        while connection.request().is_some() {
            connection.send(format!("{head}{body}"));
        }
    };
    for (name, record) in record(compressed, |run| run) {
        let coding = Outcome::ContentCoding("gzip".to_owned());
        assert_eq!(record.outcome, coding, "{name}");
    }
}

#[test]
fn redirect_is_followed_on_the_same_connection() {
    // A path longer than the initial buffers.
    let path = format!("/{}", "x".repeat(8_000));
    let location = format!("HTTP/1.1 302 Found\r\nLocation: {path}\r\nContent-Length: 2\r\n\r\nno");
    let server = TestServer::responding(move |head| {
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
    let request_line = format!("GET {path} HTTP/1.1\r\n");
    let requests = server.requests();
    assert_eq!(requests.len(), 2 * EACH_DRIVER.len());
    let mut redirected = requests.chunks(2).map(|pair| &pair[1]);
    assert!(redirected.all(|request| request.starts_with(&request_line)));
}

#[test]
fn each_timeout_has_its_own_kind() {
    let silent = |connection: &mut ServerConnection| {
        connection.request();
        connection.hang();
    };
    let first = Timeouts {
        connect: Some(LONG),
        first_byte: Some(SHORT),
        total: Some(LONG),
        ..Timeouts::NONE
    };
    let whole = Timeouts {
        first_byte: Some(LONG),
        total: Some(SHORT),
        ..first
    };
    for (limits, kind) in [(first, TimeoutKind::FirstByte), (whole, TimeoutKind::Total)] {
        for (name, record) in record(silent, |run| timeouts(run, limits)) {
            assert_eq!(record.outcome, Outcome::Timeout(kind, SHORT), "{name}");
            assert!(record.service_time() < LONG, "{name}: it ended later");
        }
    }
}

#[test]
fn only_the_total_timeout_applies_after_the_first_byte() {
    let stalled = |connection: &mut ServerConnection| {
        connection.request();
        connection.send(&OK[..20]);
        connection.hang();
    };
    let limits = Timeouts {
        connect: Some(LONG),
        first_byte: Some(SHORT),
        total: Some(2 * SHORT),
        ..Timeouts::NONE
    };
    // Repeated until no byte comes too late, as it may on a busy machine.
    let records = loop {
        let records: Vec<_> = record(stalled, |run| timeouts(run, limits)).collect();
        if records
            .iter()
            .all(|(_, record)| record.first_byte.is_some())
        {
            break records;
        }
    };
    for (name, record) in records {
        let expected = Outcome::Timeout(TimeoutKind::Total, 2 * SHORT);
        assert_eq!(record.outcome, expected, "{name}");
    }
}

/// Lets a download fail to connect and returns its record; `None` if it was cancelled before it began.
fn connecting(
    strategy: &str,
    limits: Timeouts,
    cancel: &CancellationToken,
) -> Option<AttemptRecord> {
    let (_listener, address, _streams) = congested();
    let (workload, endpoint) = (workload("BR"), Endpoint::from(address));
    let last = Mutex::new(None);
    let collect = |record: &AttemptRecord| *last.lock().unwrap() = Some(record.clone());
    let run = timeouts(Run::new(&workload, &endpoint), limits).cancel(cancel.clone());
    let run = run.on_record(&collect);
    by_name(strategy).run(&run).unwrap();
    last.into_inner().unwrap()
}

#[test]
fn connect_timeout_has_its_own_kind() {
    let limits = Timeouts {
        connect: Some(SHORT),
        first_byte: Some(Duration::ZERO),
        total: Some(LONG),
        ..Timeouts::NONE
    };
    for strategy in EACH_DRIVER {
        let record = connecting(strategy, limits, &CancellationToken::new()).unwrap();
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
        let record = connecting(strategy, whole, &CancellationToken::new()).unwrap();
        assert_eq!(record.outcome, Outcome::Timeout(TimeoutKind::Total, SHORT));
    }
}

#[test]
fn attempt_is_cancelled_while_connecting() {
    let limits = Timeouts {
        total: Some(LONG),
        ..Timeouts::default()
    };
    for strategy in EACH_DRIVER {
        // Repeated until the cancellation comes during the attempt.
        let record = loop {
            let cancel = CancellationToken::new();
            let canceller = cancel.clone();
            let waiting = thread::spawn(move || {
                thread::sleep(3 * SHORT);
                canceller.cancel();
            });
            let record = connecting(strategy, limits, &cancel);
            waiting.join().unwrap();
            if let Some(record) = record {
                break record;
            }
        };
        assert_eq!(record.outcome, Outcome::Cancelled, "{strategy}");
        assert!(
            record.service_time() < LONG,
            "it did not wait for the timeout"
        );
    }
}

#[test]
fn attempt_is_cancelled_at_every_stage_of_the_response() {
    for strategy in EACH_DRIVER {
        // On a new and on a reused connection; before the head, within the head, within the body.
        for served in [0, 1] {
            for sent in [0, 20, OK.len() - 1] {
                let cancel = CancellationToken::new();
                let canceller = cancel.clone();
                let server = TestServer::start(move |_, connection| {
                    (0..served).for_each(|_| connection.serve());
                    connection.request();
                    connection.send(&OK[..sent]);
                    canceller.cancel();
                    connection.hang();
                });
                let done = server.run(strategy, "BR US", |run| {
                    run.timeout(LONG).cancel(cancel.clone())
                });
                let (_, records) = done.unwrap();
                let outcome = &records[served].outcome;
                assert_eq!(*outcome, Outcome::Cancelled, "{strategy}");
                assert!(
                    records[served].service_time() < LONG,
                    "it did not wait for the timeout"
                );
                assert_eq!((records.len(), server.connections()), (served + 1, 1));
            }
        }
    }
}
