//! Every way an answer can go wrong has an outcome of its own, on a fresh connection and on a used
//! one, and costs exactly one request.

use crate::gif;
use crate::server::{OK, Peer, Server};
use flagpole_client::{Endpoint, Run, Transport, Workload, strategy, transport};
use flagpole_protocol::Outcome;
use flagpole_protocol::TimeoutKind;
use std::net::TcpListener;
use std::time::Duration;

/// The outcome of a fault, the same for every strategy and transport, met by the first request of a
/// connection and by the second; around it all is well, and no request is sent twice.
fn outcome(fault: fn(&mut Peer)) -> Outcome {
    let met = strategy::ALL.iter().flat_map(|strategy| {
        let transports = if strategy.takes_any_transport() {
            transport::ALL
        } else {
            &transport::ALL[..1]
        };
        let ways = transports.iter().map(|known| (strategy.name(), *known));
        ways.map(|way| outcome_by(way, fault))
    });
    met.reduce(|one, other| {
        // In its own words every library says why it is not HTTP.
        if !(is_not_http(&one) && is_not_http(&other)) {
            assert_eq!(one, other);
        }
        one
    })
    .unwrap()
}

/// The name of a strategy, and a transport, for those that take any.
type Way = (&'static str, &'static dyn Transport);

fn outcome_by(way: Way, fault: fn(&mut Peer)) -> Outcome {
    let fresh = Server::start(move |nth, peer| match nth {
        0 => fault(peer),
        _ => peer.serve(),
    });
    let on_fresh = outcomes_by(way, &fresh, "BR US");
    assert_eq!(on_fresh[1..], [Outcome::Ok]);
    assert_eq!((fresh.requests().len(), fresh.connections()), (2, 2));

    let used = Server::start(move |nth, peer| {
        peer.serve();
        if nth == 0 {
            fault(peer);
        }
    });
    let on_used = outcomes_by(way, &used, "BR CN US");
    assert_eq!(on_used, [Outcome::Ok, on_fresh[0].clone(), Outcome::Ok]);
    assert_eq!((used.requests().len(), used.connections()), (3, 2));
    on_fresh[0].clone()
}

/// On one lane, thus in order.
fn outcomes_by((strategy, transport): Way, server: &Server, codes: &str) -> Vec<Outcome> {
    let (_, records) = server
        .run(strategy, codes, |run| {
            run.timeout(LIMIT).body_limit(1000).transport(transport)
        })
        .unwrap();
    records.into_iter().map(|record| record.outcome).collect()
}

fn outcomes(server: &Server, codes: &str) -> Vec<Outcome> {
    outcomes_by(("sequential", transport::ALL[0]), server, codes)
}

const LIMIT: Duration = Duration::from_millis(400);

/// Answers the next request with these bytes, then ends.
fn say(peer: &mut Peer, bytes: impl AsRef<[u8]>) {
    peer.request();
    peer.send(bytes);
}

fn is_not_http(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::ProtocolError(_))
}

#[test]
fn a_reset_before_the_answer() {
    let reset = |peer: &mut Peer| {
        peer.request();
        peer.reset();
    };
    assert_eq!(outcome(reset), Outcome::ConnectionReset);
}

#[test]
fn a_reset_within_the_head_and_within_the_body() {
    let head = |peer: &mut Peer| {
        say(peer, &OK[..20]);
        peer.reset();
    };
    let body = |peer: &mut Peer| {
        say(peer, &OK[..OK.len() - 1]);
        peer.reset();
    };
    assert_eq!(
        (outcome(head), outcome(body)),
        (Outcome::ConnectionReset, Outcome::ConnectionReset)
    );
}

#[test]
fn an_end_without_a_byte_is_empty_and_any_later_one_a_cut() {
    let empty = |peer: &mut Peer| {
        say(peer, "");
        peer.fin();
    };
    let head = |peer: &mut Peer| {
        say(peer, &OK[..20]);
        peer.fin();
    };
    let body = |peer: &mut Peer| {
        say(peer, &OK[..OK.len() - 1]);
        peer.fin();
    };
    let chunk = |peer: &mut Peer| {
        say(
            peer,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nGIF\r\n",
        );
        peer.fin();
    };
    assert_eq!(outcome(empty), Outcome::EmptyReply);
    assert_eq!(outcome(head), Outcome::IncompleteBody);
    assert_eq!(outcome(body), Outcome::IncompleteBody);
    assert_eq!(outcome(chunk), Outcome::IncompleteBody);
}

#[test]
fn silence_before_the_answer_is_a_timeout() {
    let silent = |peer: &mut Peer| {
        say(peer, "");
        peer.hang();
    };
    assert_eq!(outcome(silent), Outcome::Timeout(TimeoutKind::Total, LIMIT));
}

#[test]
fn silence_within_the_answer_is_a_timeout() {
    let stalled = |peer: &mut Peer| {
        say(peer, &OK[..OK.len() - 1]);
        peer.hang();
    };
    assert_eq!(
        outcome(stalled),
        Outcome::Timeout(TimeoutKind::Total, LIMIT)
    );
}

#[test]
fn what_is_not_http_is_said_to_be_so() {
    let other = |peer: &mut Peer| {
        say(peer, "SSH-2.0-OpenSSH_9.9\r\n");
        peer.hang();
    };
    let lengths = |peer: &mut Peer| {
        say(
            peer,
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nGIF",
        );
        peer.hang();
    };
    let chunks = |peer: &mut Peer| {
        say(
            peer,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        );
        peer.hang();
    };
    for outcome in [outcome(other), outcome(lengths), outcome(chunks)] {
        assert!(is_not_http(&outcome), "{outcome:?}");
    }
}

#[test]
fn a_body_over_the_limit_is_refused_declared_or_not() {
    let declared = |peer: &mut Peer| {
        say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n");
        peer.hang();
    };
    let endless = |peer: &mut Peer| {
        say(peer, "HTTP/1.1 200 OK\r\n\r\n");
        peer.send([b'x'; 2000]);
        peer.hang();
    };
    assert_eq!(
        (outcome(declared), outcome(endless)),
        (Outcome::TooLarge, Outcome::TooLarge)
    );
}

#[test]
fn a_body_at_the_limit_is_not_refused() {
    let body = gif::of(1000);
    for head in ["Content-Length: 1000", "Connection: close"] {
        let answer = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}");
        let server = Server::start(move |_, peer| {
            say(peer, &answer);
            peer.half_close();
        });
        assert_eq!(outcomes(&server, "BR"), [Outcome::Ok]);
    }
}

#[test]
fn a_head_may_be_large_but_not_endless() {
    let endless = |peer: &mut Peer| {
        say(
            peer,
            format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(70_000)),
        );
        peer.hang();
    };
    assert_eq!(outcome(endless), Outcome::TooLarge);
    let large = format!(
        "HTTP/1.1 200 OK\r\nX: {}\r\n{}",
        "x".repeat(50_000),
        &OK[17..]
    );
    let server = Server::answering(move |_| large.clone());
    assert_eq!(outcomes(&server, "BR US"), [Outcome::Ok, Outcome::Ok]);
}

#[test]
fn a_body_that_its_digest_does_not_fit_is_corrupt() {
    let digest = flagpole_protocol::ContentDigest::from_body(b"GIF");
    let head = format!("HTTP/1.1 200 OK\r\nContent-Digest: {digest}\r\nContent-Length: 3\r\n\r\n");
    let server = Server::answering(move |request| match crate::server::code(request).as_str() {
        "CN" => format!("{head}GIG"),
        _ => format!("{head}GIF"),
    });
    assert_eq!(
        outcomes(&server, "BR CN US"),
        [Outcome::Ok, Outcome::Corrupt, Outcome::Ok]
    );
    assert_eq!(server.connections(), 1);
}

#[test]
fn statuses_are_outcomes_and_the_connection_serves_on() {
    let server = Server::answering(|head| {
        let status = match crate::server::code(head).as_str() {
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
fn nobody_there_is_refused_for_every_strategy() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = Endpoint::from(listener.local_addr().unwrap());
    drop(listener);
    let plan: Workload = crate::server::plan("BR US");
    for strategy in strategy::ALL {
        let tally = strategy.run(&Run::new(&plan, &endpoint)).unwrap();
        assert_eq!(tally.outcomes["connection_refused"].attempts, 2);
        assert_eq!(
            tally.outcomes["connection_refused"].reason,
            "connection refused"
        );
    }
}

#[test]
fn a_length_is_no_reason_to_set_memory_aside() {
    let lie = |peer: &mut Peer| {
        say(
            peer,
            format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\nGIF",
                u64::MAX / 2
            ),
        );
        peer.fin();
    };
    for transport in flagpole_client::transport::ALL {
        let server = Server::start(move |_, peer| lie(peer));
        let run = server.run("sequential", "BR", |run| {
            run.transport(*transport).body_limit(usize::MAX)
        });
        assert_eq!(
            run.unwrap().1[0].outcome,
            Outcome::IncompleteBody,
            "{}",
            transport.name()
        );
    }
}
