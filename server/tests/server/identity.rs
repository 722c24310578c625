//! What a server says of itself, whatever else it does.

use crate::raw_connection::{RawConnection, RawResponse, finish, wait_until};
use flagpole_protocol::{Ledger, ServerIdentity};
use flagpole_server::config::listener::Listener;
use flagpole_server::{BlockingServer, Rule, ServerBuilder};

const FLAG: &str = "GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n\r\n";

fn identity(response: &RawResponse) -> ServerIdentity {
    assert_eq!(response.status, 200);
    assert_eq!(response.headers["content-type"], "application/json");
    assert!(!response.headers.contains_key("server-timing"));
    serde_json::from_slice(&response.body).unwrap()
}

/// The ledger and the number of journal entries of a server that was asked for its identity by every method, on a separate
/// connection.
fn ledger_after_identity_requests(
    builder: ServerBuilder<BlockingServer>,
    flags: usize,
) -> (Ledger, usize) {
    let server = builder.journal_capacity(100).start().unwrap();
    // Requests in service, and tokens that are used.
    let mut raws: Vec<_> = (0..flags).map(|_| RawConnection::open(&server)).collect();
    for (index, raw) in raws.iter_mut().enumerate() {
        raw.send(FLAG);
        wait_until(|| server.ledger().requests > index as u64);
    }
    let mut raw = RawConnection::open(&server);
    for _ in 0..3 {
        assert!(identity(&raw.get(ServerIdentity::PATH)).is_flagpole());
    }
    identity(&raw.get("/%2Ewell-known//flagpole?x"));
    let head = raw.request("HEAD", ServerIdentity::PATH, "");
    assert_eq!((head.status, head.body.len()), (200, 0));
    let post = raw.request("POST", ServerIdentity::PATH, "Content-Length: 0\r\n");
    assert_eq!((post.status, &*post.headers["allow"]), (405, "GET, HEAD"));
    let unreadable = raw.request("GET", ServerIdentity::PATH, "Flagpole-Nth: x\r\n");
    identity(&unreadable);
    raws.into_iter().chain([raw]).for_each(RawConnection::reset);
    let (ledger, requests) = finish(server);
    (ledger, requests.len())
}

/// Everything that a ledger counts of requests and connections.
fn counts((ledger, entries): &(Ledger, usize)) -> (u64, u64, usize, usize, u64, usize) {
    (
        ledger.requests,
        ledger.requests - ledger.in_progress(),
        ledger.by_status.len(),
        ledger.by_cause.len(),
        ledger.connections,
        *entries,
    )
}

#[test]
fn identity_names_listener_and_seed() {
    let mut listener = Listener::default();
    listener.name = Some("DELAY".to_owned());
    let server = BlockingServer::builder().listener(listener).seed(7);
    let server = server.start().unwrap();
    let response = RawConnection::open(&server).get(ServerIdentity::PATH);
    let mut expected = ServerIdentity::new(Some("DELAY".to_owned()), 7);
    expected.request_faults = true;
    assert_eq!(identity(&response), expected);
    assert!(expected.reports_delays);
}

#[test]
fn clean_server_counts_no_identity_request() {
    let ledger = ledger_after_identity_requests(BlockingServer::builder(), 0);
    assert_eq!(counts(&ledger), (0, 0, 0, 0, 0, 0));
}

#[test]
fn identity_request_gets_no_fault_and_no_delay() {
    let everything = Rule::default()
        .path(ServerIdentity::PATH.parse().unwrap())
        .latency("1h".parse().unwrap());
    let builder = BlockingServer::builder()
        .rule(everything)
        .latency("1h".parse().unwrap())
        .fault("reset".parse().unwrap());
    let ledger = ledger_after_identity_requests(builder, 0);
    assert_eq!(counts(&ledger), (0, 0, 0, 0, 0, 0));
}

#[test]
fn full_concurrency_limit_rejects_no_identity_request() {
    let builder = BlockingServer::builder()
        .latency("1h".parse().unwrap())
        .concurrency_limit(1.try_into().unwrap(), 0);
    let ledger = ledger_after_identity_requests(builder, 1);
    assert_eq!(counts(&ledger), (1, 1, 0, 1, 1, 1));
}

#[test]
fn exhausted_rate_limit_rejects_no_identity_request() {
    let builder = BlockingServer::builder().rate_limit("1/m".parse().unwrap());
    // A flag, and a flag that is rejected.
    let ledger = ledger_after_identity_requests(builder, 2);
    assert_eq!(counts(&ledger), (2, 2, 2, 2, 2, 2));
}

#[test]
fn connection_counts_from_its_first_other_request() {
    let server = BlockingServer::builder().start().unwrap();
    let mut raw = RawConnection::open(&server);
    raw.get(ServerIdentity::PATH);
    assert_eq!(server.ledger().connections, 0);
    for _ in 0..2 {
        raw.get("/flags/br/br.gif");
        raw.get(ServerIdentity::PATH);
        assert_eq!(server.ledger().connections, 1);
    }
    assert_eq!(server.ledger().requests, 2);
}

#[test]
fn identity_request_after_a_paced_response_waits_for_its_last_byte() {
    let fault = "dribble:3,30ms".parse().unwrap();
    let server = BlockingServer::builder().fault(fault).start().unwrap();
    let mut raw = RawConnection::open(&server);
    let identity_request = format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", ServerIdentity::PATH);
    raw.send(&format!("{FLAG}{identity_request}{FLAG}"));
    assert_eq!(raw.response(true).status, 200);
    identity(&raw.response(true));
    assert_eq!(raw.response(true).status, 200);
}
