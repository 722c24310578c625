//! Every failure of a response has its outcome, on a new and on a reused connection, and costs exactly one request.

use crate::gif;
use crate::test_server::{EACH_DRIVER, LONG, OK, ServerConnection, TestServer};
use flagpole_client::{Endpoint, Run, Workload, strategy};
use flagpole_protocol::{Outcome, TimeoutKind};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

/// A timeout that a silence exceeds, and no other request, on a busy machine too.
const SILENCE: Duration = Duration::from_secs(1);

/// The outcome of a fault, which is the same for every driver, and for the first and the second request
/// of a connection. Other requests succeed, and no request is sent twice.
fn outcome(fault: fn(&mut ServerConnection)) -> Outcome {
    outcome_within(LONG, fault)
}

fn outcome_within(timeout: Duration, fault: fn(&mut ServerConnection)) -> Outcome {
    let outcomes = thread::scope(|scope| {
        let run = |strategy| scope.spawn(move || outcome_by(strategy, timeout, fault));
        EACH_DRIVER.map(run).map(|run| run.join().unwrap())
    });
    let [one, other, over_hyper] = outcomes;
    assert_eq!(one, other);
    // The libraries describe an invalid response in different words.
    assert_eq!(one.label(), over_hyper.label());
    one
}

fn outcome_by(strategy: &str, timeout: Duration, fault: fn(&mut ServerConnection)) -> Outcome {
    let new_connection = TestServer::start(move |index, connection| match index {
        0 => fault(connection),
        _ => connection.serve(),
    });
    let on_new = outcomes_by(strategy, timeout, &new_connection, "BR US");
    assert_eq!(on_new[1..], [Outcome::Ok]);
    assert_eq!(
        (
            new_connection.requests().len(),
            new_connection.connections()
        ),
        (2, 2)
    );

    let reused = TestServer::start(move |index, connection| {
        connection.serve();
        if index == 0 {
            fault(connection);
        }
    });
    let on_reused = outcomes_by(strategy, timeout, &reused, "BR CN US");
    assert_eq!(on_reused, [Outcome::Ok, on_new[0].clone(), Outcome::Ok]);
    assert_eq!((reused.requests().len(), reused.connections()), (3, 2));
    on_new[0].clone()
}

/// Sequentially, in order.
fn outcomes_by(
    strategy: &str,
    timeout: Duration,
    server: &TestServer,
    codes: &str,
) -> Vec<Outcome> {
    let (_, records) = server
        .run(strategy, codes, |run| run.timeout(timeout).body_limit(1000))
        .unwrap();
    records.into_iter().map(|record| record.outcome).collect()
}

fn outcomes(server: &TestServer, codes: &str) -> Vec<Outcome> {
    outcomes_by("sequential", LONG, server, codes)
}

/// Sends these bytes to the next request.
fn respond(connection: &mut ServerConnection, bytes: impl AsRef<[u8]>) {
    connection.request();
    connection.send(bytes);
}

fn is_protocol_error(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::ProtocolError(_))
}

#[test]
fn reset_before_the_head() {
    let reset = |connection: &mut ServerConnection| {
        connection.request();
        connection.reset();
    };
    assert_eq!(outcome(reset), Outcome::ConnectionReset);
}

#[test]
fn reset_within_head_and_body() {
    let head = |connection: &mut ServerConnection| {
        respond(connection, &OK[..20]);
        connection.reset();
    };
    let body = |connection: &mut ServerConnection| {
        respond(connection, &OK[..OK.len() - 1]);
        connection.reset();
    };
    assert_eq!(
        (outcome(head), outcome(body)),
        (Outcome::ConnectionReset, Outcome::ConnectionReset)
    );
}

#[test]
fn close_without_a_byte_is_empty_and_later_incomplete() {
    let empty = |connection: &mut ServerConnection| {
        respond(connection, "");
        connection.fin();
    };
    let head = |connection: &mut ServerConnection| {
        respond(connection, &OK[..20]);
        connection.fin();
    };
    let body = |connection: &mut ServerConnection| {
        respond(connection, &OK[..OK.len() - 1]);
        connection.fin();
    };
    let chunk = |connection: &mut ServerConnection| {
        respond(
            connection,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nGIF\r\n",
        );
        connection.fin();
    };
    assert_eq!(outcome(empty), Outcome::EmptyReply);
    assert_eq!(outcome(head), Outcome::IncompleteBody);
    assert_eq!(outcome(body), Outcome::IncompleteBody);
    assert_eq!(outcome(chunk), Outcome::IncompleteBody);
}

#[test]
fn silence_before_the_head_is_a_timeout() {
    let silent = |connection: &mut ServerConnection| {
        respond(connection, "");
        connection.hang();
    };
    assert_eq!(
        outcome_within(SILENCE, silent),
        Outcome::Timeout(TimeoutKind::Total, SILENCE)
    );
}

#[test]
fn silence_within_the_body_is_a_timeout() {
    let stalled = |connection: &mut ServerConnection| {
        respond(connection, &OK[..OK.len() - 1]);
        connection.hang();
    };
    assert_eq!(
        outcome_within(SILENCE, stalled),
        Outcome::Timeout(TimeoutKind::Total, SILENCE)
    );
}

#[test]
fn malformed_responses_are_protocol_errors() {
    let other = |connection: &mut ServerConnection| {
        respond(connection, "SSH-2.0-OpenSSH_9.9\r\n");
        connection.hang();
    };
    let lengths = |connection: &mut ServerConnection| {
        respond(
            connection,
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nGIF",
        );
        connection.hang();
    };
    let chunks = |connection: &mut ServerConnection| {
        respond(
            connection,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        );
        connection.hang();
    };
    for outcome in [outcome(other), outcome(lengths), outcome(chunks)] {
        assert!(is_protocol_error(&outcome), "{outcome:?}");
    }
}

#[test]
fn body_over_the_limit_is_rejected() {
    let declared = |connection: &mut ServerConnection| {
        respond(
            connection,
            "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
        );
        connection.hang();
    };
    let endless = |connection: &mut ServerConnection| {
        respond(connection, "HTTP/1.1 200 OK\r\n\r\n");
        connection.send([b'x'; 2000]);
        connection.hang();
    };
    assert_eq!(
        (outcome(declared), outcome(endless)),
        (Outcome::TooLarge, Outcome::TooLarge)
    );
}

#[test]
fn body_at_the_limit_is_accepted() {
    let body = gif::of_length(1000);
    for head in ["Content-Length: 1000", "Connection: close"] {
        let response = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}");
        let server = TestServer::start(move |_, connection| {
            respond(connection, &response);
            connection.half_close();
        });
        assert_eq!(outcomes(&server, "BR"), [Outcome::Ok]);
    }
}

#[test]
fn head_limit_is_64_kib() {
    let endless = |connection: &mut ServerConnection| {
        respond(
            connection,
            format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(70_000)),
        );
        connection.hang();
    };
    assert_eq!(outcome(endless), Outcome::TooLarge);
    let large = format!(
        "HTTP/1.1 200 OK\r\nX: {}\r\n{}",
        "x".repeat(50_000),
        &OK[17..]
    );
    let server = TestServer::responding(move |_| large.clone());
    assert_eq!(outcomes(&server, "BR US"), [Outcome::Ok, Outcome::Ok]);
}

#[test]
fn wrong_digest_is_corrupt() {
    let digest = flagpole_protocol::ContentDigest::from_body(b"GIF");
    let head = format!("HTTP/1.1 200 OK\r\nContent-Digest: {digest}\r\nContent-Length: 3\r\n\r\n");
    let server =
        TestServer::responding(
            move |request| match crate::test_server::code(request).as_str() {
                "CN" => format!("{head}GIG"),
                _ => format!("{head}GIF"),
            },
        );
    assert_eq!(
        outcomes(&server, "BR CN US"),
        [Outcome::Ok, Outcome::Corrupt, Outcome::Ok]
    );
    assert_eq!(server.connections(), 1);
}

#[test]
fn error_statuses_keep_the_connection() {
    let server = TestServer::responding(|head| {
        let status = match crate::test_server::code(head).as_str() {
            "AA" => "404 Not Found",
            "AB" => "500 Oops",
            "AC" => "418 ",
            "AD" => "206 Partial Content",
            _ => "200 OK",
        };
        OK.replacen("200 OK", status, 1)
    });
    let expected = [
        Outcome::NotFound,
        Outcome::Http(500),
        Outcome::Http(418),
        Outcome::Http(206),
        Outcome::Ok,
    ];
    assert_eq!(outcomes(&server, "AA AB AC AD AE"), expected);
    assert_eq!(server.connections(), 1);
}

#[test]
fn connection_refused_for_every_strategy() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = Endpoint::from(listener.local_addr().unwrap());
    drop(listener);
    let workload: Workload = crate::test_server::workload("BR US");
    for strategy in strategy::ALL {
        let stats = strategy.run(&Run::new(&workload, &endpoint)).unwrap();
        assert_eq!(stats.outcomes["connection_refused"].attempts, 2);
        assert_eq!(
            stats.outcomes["connection_refused"].reason,
            "connection refused"
        );
    }
}

#[test]
fn declared_length_reserves_no_memory() {
    let misdeclared = |connection: &mut ServerConnection| {
        respond(
            connection,
            format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\nGIF",
                u64::MAX / 2
            ),
        );
        connection.fin();
    };
    for strategy in EACH_DRIVER {
        let server = TestServer::start(move |_, connection| misdeclared(connection));
        let run = server.run(strategy, "BR", |run| run.body_limit(usize::MAX));
        assert_eq!(
            run.unwrap().1[0].outcome,
            Outcome::IncompleteBody,
            "{strategy}"
        );
    }
}
