//! How late injected delays are, at the server and as the client sees it: 1,000 requests in flight,
//! delays uniform from 1 to 666 ms, thus about 3,000 requests a second.
//!
//! The delays are random because a fixed delay in a closed loop synchronises itself into bursts.

use flagpole_client::{Endpoint, Job, Lanes, Plan, Record, Run, measure, strategy};
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
    let builder = Server::builder()
        .latency(latency)
        .seed(seed)
        .entries(requests);
    let server = builder.start().expect("a free port is found");
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
    let ledger = server.shutdown(Duration::from_secs(1));
    assert_eq!(ledger.early, 0, "an answer came before it was due");

    // The first thousand make their connections, all at once: not what is to be measured.
    let settled = |nth: u64| nth >= 1000.min(requests as u64 / 2);
    let at_server = ledger.entries.iter().filter(|entry| settled(entry.n));
    let at_client = measured.records.iter().filter(|record| settled(record.nth));
    let [p50, p99] = percentiles(at_server.filter_map(|entry| entry.late));
    let [seen_p50, seen_p99] = percentiles(at_client.filter_map(seen));
    [p50, p99, seen_p50, seen_p99]
}

/// How late the client saw the answer begin: from when the request was sent, less the delay.
fn seen(record: &Record) -> Option<Duration> {
    let planned = record.timing.as_ref()?.planned;
    Some(
        record
            .first_byte?
            .saturating_sub(record.sent)
            .saturating_sub(planned),
    )
}

/// The p50 and p99, each one of the values.
fn percentiles(values: impl Iterator<Item = Duration>) -> [Duration; 2] {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable();
    [values[values.len() / 2], values[values.len() * 99 / 100]]
}
