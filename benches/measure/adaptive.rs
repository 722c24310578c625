//! Goodput and the share of rejected requests of `adaptive` beside `async` with fixed concurrency, at a server
//! with a concurrency limit of 8 and a queue of 16 (the profile `overload`).

use crate::common::{concurrency, is_test, joined, median, rounds, strategy};
use crate::serve_process::ServeProcess;
use flagpole_client::{DownloadSpec, Run, Workload};
use flagpole_fixtures::populous;
use flagpole_protocol::Resource;
use std::time::Instant;

/// Rounds; their median counts.
const ROUNDS: usize = 5;

/// Downloads per run; the ramp-up of `adaptive` is included.
const DOWNLOADS: u64 = 5000;

/// Fixed values of concurrency to compare with.
const FIXED: [usize; 7] = [4, 6, 8, 10, 12, 16, 24];

/// Maximum concurrency of `adaptive`.
const MOST: usize = 200;

/// Measures and prints.
pub(crate) fn print() {
    let server = ServeProcess::start("--profile overload");
    let workload = workload(if is_test() { 100 } else { DOWNLOADS });
    let fixed = FIXED.map(|concurrency| ("async", concurrency));
    let variants = [fixed.as_slice(), &[("adaptive", MOST)]].concat();
    let mut results = vec![(Vec::new(), Vec::new()); variants.len()];
    for _ in 0..rounds(ROUNDS) {
        for ((name, concurrency), (goodput, refused)) in variants.iter().zip(&mut results) {
            let (good, bad) = run(&server, &workload, name, *concurrency);
            goodput.push(good);
            refused.push(bad);
        }
    }
    println!(
        "profile `overload`: goodput in downloads/s, all rounds and their median; share of rejected requests"
    );
    for ((name, concurrency), (goodput, refused)) in variants.iter().zip(&results) {
        let all = joined(goodput, |good| format!("{good:.0}"));
        let refused = joined(refused, |share| format!("{:.1}%", share * 100.0));
        let middle = median(goodput.clone());
        println!("{name:<8} -c {concurrency:<3}  {all}  median {middle:.0}  rejected {refused}");
    }
    let medians: Vec<f64> = results
        .into_iter()
        .map(|(goodput, _)| median(goodput))
        .collect();
    let (adaptive, fixed) = medians.split_last().expect("there are strategies");
    let ratio = adaptive / fixed.iter().copied().fold(0.0, f64::max);
    println!("adaptive: {ratio:.3}x the best fixed concurrency (goal: at least 0.90)");
}

/// Goodput in downloads per second, and the share of requests that were rejected.
fn run(server: &ServeProcess, workload: &Workload, name: &str, limit: usize) -> (f64, f64) {
    let run = Run::new(workload, &server.endpoint).concurrency(concurrency(limit));
    let start = Instant::now();
    let stats = strategy(name).run(&run).expect("the runtime can be built");
    let wall = start.elapsed().as_secs_f64();
    (
        stats.ok as f64 / wall,
        stats.error as f64 / stats.attempts() as f64,
    )
}

/// `count` downloads of the 20 flags, in turn.
fn workload(count: u64) -> Workload {
    let flags = populous::TOP_20.into_iter().cycle();
    let job = |(place, code)| DownloadSpec {
        request_number: place / 20 + 1,
        ..DownloadSpec::new(Resource::Flag(code))
    };
    Workload::from((0..count).zip(flags).map(job).collect::<Vec<_>>())
}
