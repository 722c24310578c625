//! The distribution of delays as received over sockets.

use crate::raw::Raw;
use flagpole_protocol::ServerTiming;
use flagpole_server::BlockingServer;
use statrs::distribution::{ContinuousCDF, Exp};
use std::thread;
use std::time::{Duration, Instant};

const CONNECTIONS: usize = 50;
const EACH: usize = 40;

/// What one connection is told and what it sees, request by request.
fn received(mut raw: Raw) -> Vec<(ServerTiming, Duration)> {
    let ask = |_| {
        let start = Instant::now();
        let reply = raw.ask("HEAD", "/flags/br/br.gif", "");
        let took = start.elapsed();
        (
            ServerTiming::from_header(&reply.headers["server-timing"]).unwrap(),
            took,
        )
    };
    (0..EACH).map(ask).collect()
}

/// Which connection gets which delay depends on who comes first, but together they get the first
/// 2,000 of one stream: the test can not flicker. 1.95 / sqrt(n) is exceeded by a false alarm in a
/// thousand.
#[test]
fn delays_as_received_follow_the_distribution_and_none_is_early() {
    let builder = BlockingServer::builder()
        .latency("exponential:5ms".parse().unwrap())
        .seed(7);
    let server = builder.start().unwrap();
    let raws: Vec<_> = (0..CONNECTIONS).map(|_| Raw::to(&server)).collect();
    let start = |raw| thread::spawn(move || received(raw));
    let threads: Vec<_> = raws.into_iter().map(start).collect();
    let received = threads.into_iter().map(|thread| thread.join().unwrap());
    let received: Vec<_> = received.flatten().collect();
    for (timing, took) in &received {
        assert!(timing.actual >= timing.planned, "{timing:?}");
        assert!(*took >= timing.planned, "{took:?} for {timing:?}");
    }
    let mut planned: Vec<_> = received
        .iter()
        .map(|(timing, _)| timing.planned.as_secs_f64())
        .collect();
    planned.sort_by(f64::total_cmp);
    let (truth, count) = (Exp::new(200.0).unwrap(), planned.len() as f64);
    let distance = |(rank, delay): (usize, &f64)| {
        let (below, upto) = (rank as f64 / count, (rank + 1) as f64 / count);
        let truth = truth.cdf(*delay);
        (truth - below).abs().max((upto - truth).abs())
    };
    let distance = planned.iter().enumerate().map(distance).fold(0.0, f64::max);
    assert_eq!(planned.len(), CONNECTIONS * EACH);
    assert!(distance < 1.95 / count.sqrt(), "{distance}");
}
