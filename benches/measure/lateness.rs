//! How late injected delays are, at the server and as the client sees it: 1,000 requests in flight,
//! delays uniform from 1 to 666 ms, thus about 3,000 requests a second.
//!
//! The delays are random because a fixed delay in a closed loop synchronises itself into bursts.

use flagpole_client::{Endpoint, Job, Lanes, Plan, Run, measure, strategy};
use flagpole_fixtures::Resource;
use flagpole_server::Server;
use std::time::Duration;

/// Rounds, of which the median counts: the machine stalls now and then.
const ROUNDS: usize = 5;

/// Measures and prints, unless the command line asks for other benchmarks only.
pub(crate) fn print() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let others_only = |word: &String| !word.starts_with('-') && !"lateness".contains(word.as_str());
    if arguments
        .iter()
        .any(|word| others_only(word) || word == "--list")
    {
        return;
    }
    let is_test = arguments.iter().any(|word| word == "--test");
    let (rounds, requests) = if is_test { (1, 1000) } else { (ROUNDS, 9000) };
    let mut all: Vec<_> = (0..rounds)
        .map(|seed| round(seed as u64, requests))
        .collect();
    println!("lateness with 1,000 in flight, delays uniform:1ms..666ms, median of {rounds} rounds");
    for (place, name) in ["server p50", "server p99", "client p50", "client p99"]
        .iter()
        .enumerate()
    {
        all.sort_by_key(|figures| figures[place]);
        println!(
            "  {name}  {:>8.3} ms",
            all[rounds / 2][place].as_secs_f64() * 1e3
        );
    }
}

/// The p50 and p99 of the lateness at the server and at the client.
fn round(seed: u64, requests: usize) -> [Duration; 4] {
    let latency = "uniform:1ms..666ms"
        .parse()
        .expect("the latency is well formed");
    let server = Server::builder()
        .latency(latency)
        .seed(seed)
        .start()
        .expect("a free port is found");
    let flag = Resource::Flag("BR".parse().expect("BR is a code"));
    let job = |nth| Job {
        nth,
        ..Job::first(flag)
    };
    let plan = Plan {
        jobs: (0..requests as u64).map(job).collect(),
    };
    let endpoint = Endpoint::from(server.addr());
    let lanes = Lanes::new(1000).expect("1,000 lanes are allowed");
    let run = Run::new(&plan, &endpoint).lanes(lanes).name("lateness");
    let strategy = strategy::by_name("async").expect("async is a strategy");
    let measured = measure(strategy, &run).expect("a runtime can be had");
    assert_eq!(measured.tally.ok, requests as u64, "{:?}", measured.tally);
    // Connections are made in the first round of lanes, where hundreds want one at once.
    let settled = measured.records.iter().skip(1000.min(requests / 2));
    let late = settled.filter_map(|record| {
        let planned = record.timing.as_ref()?.planned;
        Some(
            record
                .first_byte?
                .saturating_sub(record.sent)
                .saturating_sub(planned),
        )
    });
    let mut late: Vec<_> = late.collect();
    late.sort_unstable();
    let ledger = server.shutdown(Duration::from_secs(1));
    assert_eq!(ledger.early, 0, "an answer came before it was due");
    let at = |share: usize| late[late.len() * share / 100];
    [
        ledger.lateness_at(0.5),
        ledger.lateness_at(0.99),
        at(50),
        at(99),
    ]
}
