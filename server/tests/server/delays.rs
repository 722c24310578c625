//! Delays as received, and what `Server-Timing` says of them.

use crate::raw_connection::{RawConnection, wait_until};
use flagpole_protocol::ServerTiming;
use flagpole_server::fate::fault;
use flagpole_server::{BlockingServer, ServerBuilder};
use std::iter;
use std::time::{Duration, Instant};

#[test]
fn response_is_never_early() {
    assert_never_early(BlockingServer::builder());
}

#[test]
fn response_is_never_early_with_the_timer_of_tokio() {
    assert_never_early(BlockingServer::builder().tokio_timer());
}

fn assert_never_early(builder: ServerBuilder<BlockingServer>) {
    let latency = "uniform:1ms..20ms".parse().unwrap();
    let server = builder.latency(latency).start().unwrap();
    let mut raw = RawConnection::open(&server);
    for _ in 0..30 {
        let start = Instant::now();
        let response = raw.get("/flags/br/br.gif");
        let took = start.elapsed();
        let timing = ServerTiming::from_header(&response.headers["server-timing"]).unwrap();
        assert!(took >= timing.planned, "{took:?} for {timing:?}");
        assert!(timing.actual >= timing.planned, "{timing:?}");
        assert_eq!(timing.fault, None);
    }
    let ledger = server.shutdown(Duration::from_secs(10));
    assert_eq!((ledger.lateness.count(), ledger.early_responses), (30, 0));
}

#[test]
fn server_timing_names_the_fault() {
    let server = BlockingServer::builder()
        .fault("418".parse().unwrap())
        .start()
        .unwrap();
    let response = RawConnection::open(&server).get("/flags/br/br.gif");
    assert_eq!(response.status, 418);
    assert_eq!(response.body, b"418 I'm a teapot\n");
    let timing = ServerTiming::from_header(&response.headers["server-timing"]).unwrap();
    assert_eq!(
        (timing.planned, timing.fault.as_deref()),
        (Duration::ZERO, Some("418"))
    );
}

#[test]
fn server_timing_gives_name_and_pacing_of_every_fault() {
    for (member, paced_head, paced) in fault::FAMILY.iter().filter_map(|member| match member.name {
        "dribble" | "stall" => Some((member, 0, 2000)),
        "slow-head" => Some((member, 2000, 0)),
        // Faults without a head, and pacing that depends on the length of the body.
        "reset" | "empty" | "hang" | "garbage" | "trickle" => None,
        _ => Some((member, 0, 0)),
    }) {
        let server = BlockingServer::builder()
            .fault(member.example.parse().unwrap())
            .start()
            .unwrap();
        let mut raw = RawConnection::open(&server);
        raw.send("GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n\r\n");
        let mut heads = iter::repeat_with(|| raw.head());
        let head = heads.find(|head| !head.starts_with("HTTP/1.1 1")).unwrap();
        let field = head
            .lines()
            .find_map(|line| line.strip_prefix("server-timing: "))
            .unwrap();
        let timing = ServerTiming::from_header(field).unwrap();
        assert_eq!(timing.fault.as_deref(), Some(member.example));
        let pacing = [timing.paced_head, timing.paced, timing.pause_after];
        let expected = [paced_head, paced, 0].map(Duration::from_millis);
        assert_eq!(pacing, expected, "{field}");
    }
}

#[test]
fn server_timing_gives_the_pause_after_a_response() {
    let pause = |fault: &str| {
        let server = BlockingServer::builder().fault(fault.parse().unwrap());
        let server = server.start().unwrap();
        let response = RawConnection::open(&server).get("/flags/br/br.gif");
        let timing = ServerTiming::from_header(&response.headers["server-timing"]).unwrap();
        assert_eq!(timing.paced_head + timing.paced, Duration::ZERO);
        timing.pause_after
    };
    assert_eq!(pause("hang:100%,for=2s"), Duration::from_secs(2));
    assert_eq!(pause("hang:100%"), ServerTiming::ENDLESS);
}

#[test]
fn planned_pause_is_not_lateness() {
    let server = BlockingServer::builder().latency("5ms".parse().unwrap());
    let server = server
        .fault("hang:for=2s".parse().unwrap())
        .start()
        .unwrap();
    assert_eq!(
        RawConnection::open(&server).get("/flags/br/br.gif").status,
        200
    );
    let ledger = server.shutdown(Duration::from_secs(10));
    assert_eq!(ledger.lateness.count(), 1);
    assert!(
        ledger.lateness.max().unwrap() < Duration::from_millis(1900),
        "{ledger}"
    );
}

#[test]
fn delays_run_concurrently() {
    let server = BlockingServer::builder()
        .latency("1h".parse().unwrap())
        .start()
        .unwrap();
    let mut raws: Vec<_> = (0..50).map(|_| RawConnection::open(&server)).collect();
    for raw in &mut raws {
        raw.send("GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    // Every request is taken while all others wait.
    wait_until(|| server.ledger().requests == 50);
}
