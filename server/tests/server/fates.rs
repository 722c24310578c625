//! Fates are the same for all clients that send the same requests.

use crate::raw_connection::RawConnection;
use flagpole_protocol::Cause;
use flagpole_server::BlockingServer;
use std::collections::BTreeSet;

fn flaky(seed: u64) -> BlockingServer {
    let builder = BlockingServer::builder()
        .latency("uniform:0..2ms".parse().unwrap())
        .seed(seed);
    builder
        .fault("404@20%".parse().unwrap())
        .fault("500@30%".parse().unwrap())
        .start()
        .unwrap()
}

const FLAGS: [&str; 6] = ["br", "cn", "in", "jp", "ng", "us"];

/// The fates of three requests for each flag, sent in a shifted order over some connections.
fn fates(server: &BlockingServer, run: &str, connections: usize, shift: usize) -> BTreeSet<String> {
    let mut raws: Vec<_> = (0..connections)
        .map(|_| RawConnection::open(server))
        .collect();
    let order = (0..18).map(|index| (index * 5 + shift) % 18);
    let fates = order.enumerate().map(|(turn, index)| {
        let (cc, n) = (FLAGS[index % 6], index / 6 + 1);
        let fields = format!("Flagpole-Run: {run}\r\nFlagpole-Nth: {n}\r\n");
        let response =
            raws[turn % connections].request("GET", &format!("/flags/{cc}/{cc}.gif"), &fields);
        let timing = response.headers["server-timing"]
            .split(',')
            .next()
            .unwrap()
            .to_owned();
        format!("{cc} {n} {} {timing}", response.status)
    });
    fates.collect()
}

#[test]
fn fates_do_not_depend_on_interleaving() {
    let server = flaky(7);
    let one = fates(&server, "one", 1, 0);
    assert_eq!(one.len(), 18);
    assert_eq!(one, fates(&server, "two", 6, 5));
    assert_eq!(one, fates(&flaky(7), "three", 3, 11));
    assert_ne!(one, fates(&flaky(8), "one", 1, 0));
}

#[test]
fn new_run_name_restarts_request_numbers() {
    let server = flaky(7);
    let statuses = |run: &str| {
        let mut raw = RawConnection::open(&server);
        let request = |_| {
            raw.request(
                "GET",
                "/flags/br/br.gif",
                &format!("Flagpole-Run: {run}\r\n"),
            )
            .status
        };
        (0..12).map(request).collect::<Vec<_>>()
    };
    let first = statuses("a");
    assert_eq!(first, statuses("b"));
    assert!(BTreeSet::from_iter(&first).len() > 1, "{first:?}");
}

#[test]
fn invalid_request_number_is_400() {
    let server = flaky(7);
    for (number, sentence) in [
        ("-1", "expected a whole number from 1, got `-1`"),
        ("0", "n counts from 1; the first request is 1, got `0`"),
    ] {
        let field = format!("Flagpole-Nth: {number}\r\n");
        let response = RawConnection::open(&server).request("GET", "/flags/br/br.gif", &field);
        assert_eq!(response.status, 400);
        let body = format!("flagpole-nth: {sentence}\n");
        assert_eq!(response.body, body.as_bytes());
    }
    assert_eq!(server.ledger().by_cause, [(Cause::BadRequest, 2)].into());
}
