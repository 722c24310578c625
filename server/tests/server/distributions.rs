//! The distribution of received delays.

use crate::raw_connection::RawConnection;
use flagpole_protocol::ServerTiming;
use flagpole_server::BlockingServer;
use statrs::distribution::{ContinuousCDF, Exp};
use std::thread;
use std::time::{Duration, Instant};

const CONNECTIONS: usize = 50;
const EACH: usize = 40;

/// `Server-Timing` and measured time of each request of one connection.
fn received(mut raw: RawConnection) -> Vec<(ServerTiming, Duration)> {
    let request = |_| {
        let start = Instant::now();
        let response = raw.request("HEAD", "/flags/br/br.gif", "");
        let took = start.elapsed();
        (
            ServerTiming::from_header(&response.headers["server-timing"]).unwrap(),
            took,
        )
    };
    (0..EACH).map(request).collect()
}

/// All connections together receive the first 2,000 delays of one stream, in any order, so the test is
/// deterministic. The limit is that of the Kolmogorov-Smirnov test at the level 0.001: 1.95 / sqrt(n).
#[test]
fn received_delays_follow_the_distribution_and_are_never_early() {
    let builder = BlockingServer::builder()
        .latency("exponential:5ms".parse().unwrap())
        .seed(7);
    let server = builder.start().unwrap();
    let raws: Vec<_> = (0..CONNECTIONS)
        .map(|_| RawConnection::open(&server))
        .collect();
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
