//! The same fates for everybody who asks in the same way.

use crate::raw::Raw;
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

/// What happens to three requests for each flag, asked in a shifted order over some connections.
fn fates(server: &BlockingServer, run: &str, connections: usize, shift: usize) -> BTreeSet<String> {
    let mut raws: Vec<_> = (0..connections).map(|_| Raw::to(server)).collect();
    let order = (0..18).map(|place| (place * 5 + shift) % 18);
    let asked = order.enumerate().map(|(turn, place)| {
        let (cc, n) = (FLAGS[place % 6], place / 6 + 1);
        let fields = format!("Flagpole-Run: {run}\r\nFlagpole-Nth: {n}\r\n");
        let reply = raws[turn % connections].ask("GET", &format!("/flags/{cc}/{cc}.gif"), &fields);
        let timing = reply.headers["server-timing"]
            .split(',')
            .next()
            .unwrap()
            .to_owned();
        format!("{cc} {n} {} {timing}", reply.status)
    });
    asked.collect()
}

#[test]
fn any_interleaving_meets_the_same_fates() {
    let server = flaky(7);
    let one = fates(&server, "one", 1, 0);
    assert_eq!(one.len(), 18);
    assert_eq!(one, fates(&server, "two", 6, 5));
    assert_eq!(one, fates(&flaky(7), "three", 3, 11));
    assert_ne!(one, fates(&flaky(8), "one", 1, 0));
}

#[test]
fn a_named_run_starts_the_count_again() {
    let server = flaky(7);
    let statuses = |run: &str| {
        let mut raw = Raw::to(&server);
        let ask = |_| {
            raw.ask(
                "GET",
                "/flags/br/br.gif",
                &format!("Flagpole-Run: {run}\r\n"),
            )
            .status
        };
        (0..12).map(ask).collect::<Vec<_>>()
    };
    let first = statuses("a");
    assert_eq!(first, statuses("b"));
    assert!(BTreeSet::from_iter(&first).len() > 1, "{first:?}");
}

#[test]
fn a_number_that_is_none_is_refused_and_told() {
    let server = flaky(7);
    for (number, sentence) in [
        ("-1", "expected a whole number from 1, got `-1`"),
        ("0", "n counts from 1; the first request is 1, got `0`"),
    ] {
        let field = format!("Flagpole-Nth: {number}\r\n");
        let reply = Raw::to(&server).ask("GET", "/flags/br/br.gif", &field);
        assert_eq!(reply.status, 400);
        let body = format!("flagpole-nth: {sentence}\n");
        assert_eq!(reply.body, body.as_bytes());
    }
}
