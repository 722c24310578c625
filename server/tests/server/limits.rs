//! Capacity and rate limit, as clients meet them.

use crate::raw::{Raw, Reply};
use flagpole_protocol::Cause;
use flagpole_server::BlockingServer;
use flagpole_server::ServerBuilder;
use std::time::Duration;

const GRACE: Duration = Duration::from_secs(20);

fn server(seats: u32, queue: u32, latency: &str) -> ServerBuilder<BlockingServer> {
    let builder = BlockingServer::builder()
        .latency(latency.parse().unwrap())
        .journal_capacity(1000);
    builder.concurrency_limit(seats.try_into().unwrap(), queue)
}

/// Connections that have asked for a flag, each after the one before had arrived.
fn ask(server: &BlockingServer, flags: &[&str]) -> Vec<Raw> {
    let (before, mut raws) = (server.ledger().requests, Vec::new());
    for cc in flags {
        let mut raw = Raw::to(server);
        raw.send(&format!(
            "GET /flags/{cc}/{cc}.gif HTTP/1.1\r\nHost: x\r\n\r\n"
        ));
        raws.push(raw);
        while server.ledger().requests < before + raws.len() as u64 {
            std::thread::yield_now();
        }
    }
    raws
}

#[test]
fn beyond_seats_and_queue_the_answer_is_503_with_retry_after() {
    let server = server(8, 16, "500ms").start().unwrap();
    let mut raws = ask(&server, &["br"; 40]);
    let replies: Vec<Reply> = raws.iter_mut().map(|raw| raw.reply(true)).collect();
    let ok = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!((ok, replies.len()), (24, 40));
    for refused in replies.iter().filter(|reply| reply.status != 200) {
        assert_eq!(
            (refused.status, refused.headers["retry-after"].as_str()),
            (503, "1")
        );
        assert!(refused.headers["server-timing"].contains("fault;desc=\"capacity\""));
    }
    drop(raws);
    let ledger = server.shutdown(GRACE);
    assert_eq!(ledger.peak_concurrency, 8);
    assert_eq!(ledger.by_cause.get(&Cause::ConcurrencyLimit), Some(&16));
    assert_eq!(ledger.by_cause.get(&Cause::Delay), Some(&24));
}

#[test]
fn who_waits_is_served_in_the_order_of_coming() {
    let flags = ["us", "br", "zw", "cn", "ad", "jp", "fr", "in"];
    let server = server(1, 16, "10ms")
        .workers(1.try_into().unwrap())
        .start()
        .unwrap();
    let mut raws = ask(&server, &flags);
    assert!(raws.iter_mut().all(|raw| raw.reply(true).status == 200));
    drop(raws);
    let ledger = server.shutdown(GRACE);
    let order: Vec<_> = ledger
        .entries
        .iter()
        .map(|entry| entry.resource.to_string()[7..9].to_owned())
        .collect();
    assert_eq!(order, flags);
    assert_eq!(ledger.peak_concurrency, 1);
}

#[test]
fn a_peer_that_leaves_gives_its_seat_or_its_place_back() {
    let server = server(1, 1, "1h").start().unwrap();
    let mut raws = ask(&server, &["br", "us"]);
    drop(raws.remove(0));
    drop(raws.remove(0));
    while server.ledger().aborted < 2 {
        std::thread::yield_now();
    }
    let mut raws = ask(&server, &["br", "us"]);
    raws.push(Raw::to(&server));
    assert_eq!(
        raws[2].get("/flags/br/br.gif").status,
        503,
        "seat and place are taken again"
    );
}

/// hyper has read more than one request, so it does not look whether the peer is still there.
#[test]
fn a_peer_that_leaves_with_a_request_unread_gives_its_seat_back_too() {
    for (latency, fault) in [("1h", None), ("0", Some("hang")), ("0", Some("hang:20"))] {
        let builder = server(1, 1, latency);
        let builder = match fault {
            Some(fault) => builder.fault(fault.parse().unwrap()),
            None => builder,
        };
        let server = builder.start().unwrap();
        let mut raw = Raw::to(&server);
        raw.send(&"GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2));
        while server.ledger().requests == 0 {
            std::thread::yield_now();
        }
        drop(raw);
        while server.ledger().aborted == 0 {
            std::thread::yield_now();
        }
    }
}

#[test]
fn beyond_the_rate_the_answer_is_429_with_retry_after() {
    let server = BlockingServer::builder()
        .rate_limit("2/m".parse().unwrap())
        .start()
        .unwrap();
    let mut raw = Raw::to(&server);
    let replies = [(); 3].map(|()| raw.get("/flags/br/br.gif"));
    assert_eq!(
        replies.each_ref().map(|reply| reply.status),
        [200, 200, 429]
    );
    let seconds: u64 = replies[2].headers["retry-after"].parse().unwrap();
    assert!((1..=30).contains(&seconds), "{seconds}");
    assert!(replies[2].headers["server-timing"].contains("fault;desc=\"rate limit\""));
    assert!(!replies[0].headers.contains_key("server-timing"));
    assert_eq!(server.ledger().by_cause.get(&Cause::RateLimit), Some(&1));
}

#[test]
fn between_two_clients_a_rate_limit_is_what_it_was_at_the_start() {
    let server = BlockingServer::builder()
        .rate_limit("3/m".parse().unwrap())
        .start()
        .unwrap();
    let statuses = || {
        let mut raw = Raw::to(&server);
        [(); 5].map(|()| raw.get("/flags/br/br.gif").status)
    };
    let expected = [200, 200, 200, 429, 429];
    assert_eq!(statuses(), expected);
    let before = server.ledger();
    server.drain_and_reset(GRACE);
    assert_eq!(statuses(), expected);
    assert_eq!(server.ledger().delta_since(&before).by_status[&429], 2);
}

#[test]
fn one_that_does_not_leave_is_waited_for_no_longer_than_patience_has_it() {
    let server = BlockingServer::builder().start().unwrap();
    let mut raw = Raw::to(&server);
    assert_eq!(raw.get("/flags/br/br.gif").status, 200);
    let start = std::time::Instant::now();
    server.drain_and_reset(Duration::from_millis(50));
    assert!(start.elapsed() >= Duration::from_millis(50));
    drop(raw);
    let start = std::time::Instant::now();
    server.drain_and_reset(GRACE);
    assert!(start.elapsed() < GRACE);
}
