//! Delays as received: never early, and each answer says what was planned.

use crate::raw::Raw;
use flagpole_protocol::ServerTiming;
use flagpole_server::BlockingServer;
use flagpole_server::fate::fault;
use std::time::{Duration, Instant};

#[test]
fn an_answer_never_comes_before_it_is_due() {
    let server = BlockingServer::builder()
        .latency("uniform:1ms..20ms".parse().unwrap())
        .start()
        .unwrap();
    let mut raw = Raw::to(&server);
    for _ in 0..30 {
        let start = Instant::now();
        let reply = raw.get("/flags/br/br.gif");
        let took = start.elapsed();
        let timing = ServerTiming::from_header(&reply.headers["server-timing"]).unwrap();
        assert!(took >= timing.planned, "{took:?} for {timing:?}");
        assert!(timing.actual >= timing.planned, "{timing:?}");
        assert_eq!(timing.fault, None);
    }
    let ledger = server.shutdown(Duration::from_secs(10));
    assert_eq!((ledger.lateness.len(), ledger.early), (30, 0));
}

#[test]
fn an_answer_that_was_struck_says_so() {
    let server = BlockingServer::builder()
        .fault("418".parse().unwrap())
        .start()
        .unwrap();
    let reply = Raw::to(&server).get("/flags/br/br.gif");
    assert_eq!(reply.status, 418);
    assert_eq!(reply.body, b"418 I'm a teapot\n");
    let timing = ServerTiming::from_header(&reply.headers["server-timing"]).unwrap();
    assert_eq!(
        (timing.planned, timing.fault.as_deref()),
        (Duration::ZERO, Some("418"))
    );
}

#[test]
fn every_fault_says_its_name_and_its_time_in_the_head() {
    for (member, paced) in fault::FAMILY.iter().filter_map(|member| match member.name {
        "dribble" | "slow-head" => Some((member, 2000)),
        // Faults that show no head, or take as long as the body is long.
        "reset" | "empty" | "hang" | "garbage" | "trickle" => None,
        _ => Some((member, 0)),
    }) {
        let server = BlockingServer::builder()
            .fault(member.example.parse().unwrap())
            .start()
            .unwrap();
        let mut raw = Raw::to(&server);
        raw.send("GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n\r\n");
        let head = raw.head();
        let field = head
            .lines()
            .find_map(|line| line.strip_prefix("server-timing: "))
            .unwrap();
        let timing = ServerTiming::from_header(field).unwrap();
        assert_eq!(timing.fault.as_deref(), Some(member.example));
        assert_eq!(timing.paced, Duration::from_millis(paced), "{field}");
    }
}

#[test]
fn a_planned_pause_is_no_lateness() {
    let server = BlockingServer::builder().latency("5ms".parse().unwrap());
    let server = server
        .fault("hang:for=300ms".parse().unwrap())
        .start()
        .unwrap();
    assert_eq!(Raw::to(&server).get("/flags/br/br.gif").status, 200);
    let ledger = server.shutdown(Duration::from_secs(10));
    assert_eq!(ledger.lateness.len(), 1);
    assert!(
        ledger.lateness_at(1.0) < Duration::from_millis(250),
        "{ledger}"
    );
}

#[test]
fn delays_do_not_queue_behind_each_other() {
    let server = BlockingServer::builder()
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
