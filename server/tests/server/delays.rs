//! Delays as received: never early, and each answer says what was planned.

use crate::raw::Raw;
use flagpole_fixtures::Timing;
use flagpole_server::Server;
use std::time::{Duration, Instant};

#[test]
fn an_answer_never_comes_before_it_is_due() {
    let server = Server::builder()
        .latency("uniform:1ms..20ms".parse().unwrap())
        .start()
        .unwrap();
    let mut raw = Raw::to(&server);
    for _ in 0..30 {
        let start = Instant::now();
        let reply = raw.get("/flags/br/br.gif");
        let took = start.elapsed();
        let timing = Timing::from_header(&reply.headers["server-timing"]).unwrap();
        assert!(took >= timing.planned, "{took:?} for {timing:?}");
        assert!(timing.actual >= timing.planned, "{timing:?}");
        assert_eq!(timing.fault, None);
    }
    let ledger = server.shutdown(Duration::from_secs(10));
    assert_eq!((ledger.lateness.len(), ledger.early), (30, 0));
}

#[test]
fn an_answer_that_was_struck_says_so() {
    let server = Server::builder()
        .fault("418".parse().unwrap())
        .start()
        .unwrap();
    let reply = Raw::to(&server).get("/flags/br/br.gif");
    assert_eq!(reply.status, 418);
    assert_eq!(reply.body, b"418 I'm a teapot\n");
    assert_eq!(
        reply.headers["server-timing"],
        "planned;dur=0.000, actual;dur=0.000, fault;desc=\"418\""
    );
}

#[test]
fn delays_do_not_queue_behind_each_other() {
    let server = Server::builder()
        .latency("300ms".parse().unwrap())
        .start()
        .unwrap();
    let start = Instant::now();
    let mut raws: Vec<_> = (0..50).map(|_| Raw::to(&server)).collect();
    for raw in &mut raws {
        raw.send("GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    for raw in &mut raws {
        assert_eq!(raw.reply(true).status, 200);
    }
    // One after the other would take 15 s.
    assert!(start.elapsed() < Duration::from_secs(5));
}
