//! Concurrency limit and rate limit, as clients see them.

use crate::raw_connection::{RawConnection, finish, wait_until};
use flagpole_protocol::{Cause, ServerTiming};
use flagpole_server::{BlockingServer, Rule, ServerBuilder};
use std::time::Duration;

const GRACE: Duration = Duration::from_secs(20);

fn server(limit: u32, queue: u32, latency: &str) -> ServerBuilder<BlockingServer> {
    let builder = BlockingServer::builder()
        .latency(latency.parse().unwrap())
        .journal_capacity(1000);
    builder.concurrency_limit(limit.try_into().unwrap(), queue)
}

/// Opens connections that request a flag each, one after the other has arrived.
fn request(server: &BlockingServer, flags: &[&str]) -> Vec<RawConnection> {
    let (before, mut raws) = (server.ledger().requests, Vec::new());
    for cc in flags {
        let mut raw = RawConnection::open(server);
        raw.send(&format!(
            "GET /flags/{cc}/{cc}.gif HTTP/1.1\r\nHost: x\r\n\r\n"
        ));
        raws.push(raw);
        wait_until(|| server.ledger().requests >= before + raws.len() as u64);
    }
    raws
}

#[test]
fn full_queue_is_503_with_retry_after() {
    // No response is due before the test ends, so that permits and the queue stay taken.
    let server = server(8, 16, "1h").start().unwrap();
    let mut raws = request(&server, &["br"; 40]);
    for raw in &mut raws[24..] {
        let rejected = raw.response(true);
        assert_eq!(
            (rejected.status, rejected.headers["retry-after"].as_str()),
            (503, "1")
        );
        assert!(rejected.headers["server-timing"].contains("fault;desc=\"concurrency limit\""));
    }
    raws.into_iter().for_each(RawConnection::reset);
    wait_until(|| server.ledger().in_progress() == 0);
    let ledger = server.shutdown(GRACE);
    assert_eq!((ledger.peak_concurrency, ledger.aborted), (8, 24));
    assert_eq!(ledger.by_cause.get(&Cause::ConcurrencyLimit), Some(&16));
}

#[test]
fn queued_requests_are_served_in_order_of_arrival() {
    let flags = ["us", "br", "zw", "cn", "ad", "jp", "fr", "in"];
    let server = server(1, 16, "10ms")
        .workers(1.try_into().unwrap())
        .start()
        .unwrap();
    let mut raws = request(&server, &flags);
    assert!(raws.iter_mut().all(|raw| raw.response(true).status == 200));
    drop(raws);
    let (ledger, requests) = finish(server);
    let order: Vec<_> = requests
        .iter()
        .map(|(request, _)| request.resource.to_string()[7..9].to_owned())
        .collect();
    assert_eq!(order, flags);
    assert_eq!(ledger.peak_concurrency, 1);
}

/// The request for `us` waits until the peer of the request for `br` disconnects, however slow the machine is.
#[test]
fn server_timing_gives_the_wait_for_a_permit() {
    let hour = Rule::default().path("/flags/br/*".parse().unwrap());
    let hour = hour.latency("1h".parse().unwrap());
    let server = server(1, 16, "1ms").rule(hour).start().unwrap();
    let timing = |raw: &mut RawConnection| {
        let response = raw.response(true);
        ServerTiming::from_header(&response.headers["server-timing"]).unwrap()
    };
    let first = timing(&mut request(&server, &["us"])[0]);
    let mut raws = request(&server, &["br", "us"]);
    raws.remove(0).reset();
    let second = timing(&mut raws[0]);
    assert_eq!(first.queued, Duration::ZERO);
    assert!(second.queued > Duration::ZERO, "{second}");
    assert!(second.actual >= second.queued + second.planned, "{second}");
}

#[test]
fn disconnect_releases_permit_and_queue_slot() {
    let server = server(1, 1, "1h").start().unwrap();
    let mut raws = request(&server, &["br", "us"]);
    raws.remove(0).reset();
    raws.remove(0).reset();
    wait_until(|| server.ledger().aborted >= 2);
    let mut raws = request(&server, &["br", "us"]);
    raws.push(RawConnection::open(&server));
    assert_eq!(
        raws[2].get("/flags/br/br.gif").status,
        503,
        "permit and queue slot are in use again"
    );
}

/// hyper has read a second request and therefore does not notice the disconnect.
#[test]
fn disconnect_with_an_unread_request_releases_the_permit() {
    for (latency, fault) in [("1h", None), ("0", Some("hang")), ("0", Some("hang:20"))] {
        let builder = server(1, 1, latency);
        let builder = match fault {
            Some(fault) => builder.fault(fault.parse().unwrap()),
            None => builder,
        };
        let server = builder.start().unwrap();
        let mut raw = RawConnection::open(&server);
        raw.send(&"GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2));
        wait_until(|| server.ledger().requests != 0);
        raw.reset();
        wait_until(|| server.ledger().aborted != 0);
    }
}

#[test]
fn exceeded_rate_is_429_with_retry_after() {
    let server = BlockingServer::builder()
        .rate_limit("2/m".parse().unwrap())
        .start()
        .unwrap();
    let mut raw = RawConnection::open(&server);
    let responses = [(); 3].map(|()| raw.get("/flags/br/br.gif"));
    assert_eq!(
        responses.each_ref().map(|response| response.status),
        [200, 200, 429]
    );
    let seconds: u64 = responses[2].headers["retry-after"].parse().unwrap();
    assert!((1..=30).contains(&seconds), "{seconds}");
    assert!(responses[2].headers["server-timing"].contains("fault;desc=\"rate limit\""));
    assert!(!responses[0].headers.contains_key("server-timing"));
    assert_eq!(server.ledger().by_cause.get(&Cause::RateLimit), Some(&1));
}

#[test]
fn drain_and_reset_refills_the_token_bucket() {
    let server = BlockingServer::builder()
        .rate_limit("3/m".parse().unwrap())
        .start()
        .unwrap();
    let statuses = || {
        let mut raw = RawConnection::open(&server);
        [(); 5].map(|()| raw.get("/flags/br/br.gif").status)
    };
    let expected = [200, 200, 200, 429, 429];
    assert_eq!(statuses(), expected);
    server.drain_and_reset(GRACE);
    assert_eq!(server.take_ledger().by_status[&429], 2);
    assert_eq!(statuses(), expected);
    assert_eq!(server.ledger().by_status[&429], 2, "counted from 0 again");
}

#[test]
fn drain_and_reset_restarts_the_clock_of_time_windows() {
    let begin = Duration::from_millis(50);
    let rule = Rule::default().between(begin, Duration::from_secs(86_400));
    let server = BlockingServer::builder()
        .rule(rule.fault("418".parse().unwrap()))
        .start()
        .unwrap();
    let status = || RawConnection::open(&server).get("/flags/br/br.gif").status;
    for _ in 0..2 {
        server.drain_and_reset(GRACE);
        std::thread::sleep(begin);
        assert_eq!(status(), 200, "the first request starts the clock");
        std::thread::sleep(begin);
        assert_eq!(status(), 418);
    }
}

#[test]
fn drain_and_reset_waits_at_most_its_timeout() {
    let server = BlockingServer::builder().start().unwrap();
    let mut raw = RawConnection::open(&server);
    assert_eq!(raw.get("/flags/br/br.gif").status, 200);
    let start = std::time::Instant::now();
    server.drain_and_reset(Duration::from_millis(50));
    assert!(start.elapsed() >= Duration::from_millis(50));
    drop(raw);
    server.drain_and_reset(Duration::from_secs(86_400));
}

#[test]
fn rejection_follows_the_whole_paced_response_before_it() {
    for fault in ["trickle:50000", "hang:100%,for=30ms"] {
        let server = BlockingServer::builder()
            .fault(fault.parse().unwrap())
            .rate_limit("1/m".parse().unwrap())
            .start()
            .unwrap();
        let mut raw = RawConnection::open(&server);
        raw.send(&"GET /flags/br/br.gif HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2));
        assert_eq!(raw.response(true).status, 200, "{fault}");
        assert_eq!(raw.response(true).status, 429, "{fault}");
    }
}
