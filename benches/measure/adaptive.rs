//! `adaptive` before a server of 8 seats and a queue of 16 (the profile `overload`), beside `async` with
//! fixed numbers of lanes: good answers a second, and the share that is refused.

use crate::requests::{is_asked, is_test, median, rounds};
use crate::serve_process::ServeProcess;
use flagpole_client::{Concurrency, DownloadSpec, Run, Strategy, Workload, strategy};
use flagpole_fixtures::populous;
use flagpole_protocol::Resource;
use std::time::Instant;

/// Rounds, of which the median counts.
const ROUNDS: usize = 5;

/// Downloads a run; the ramp of the first few rounds is among them.
const DOWNLOADS: u64 = 5000;

/// Concurrency that are tried out.
const FIXED: [usize; 7] = [4, 6, 8, 10, 12, 16, 24];

/// The most that `adaptive` may come to.
const MOST: usize = 200;

/// Measures and prints, unless the command line asks for other benchmarks only.
pub(crate) fn print() {
    if !is_asked("adaptive") {
        return;
    }
    let server = ServeProcess::start("--profile overload");
    let plan = plan(if is_test() { 100 } else { DOWNLOADS });
    let fixed = FIXED.map(|lanes| ("async", lanes));
    let ways = [fixed.as_slice(), &[("adaptive", MOST)]].concat();
    let mut seen = vec![(Vec::new(), Vec::new()); ways.len()];
    for _ in 0..rounds(ROUNDS) {
        for ((name, lanes), (goodput, refused)) in ways.iter().zip(&mut seen) {
            let strategy = strategy::by_name(name).expect("it is one of the list");
            let (good, bad) = run(&server, &plan, strategy, *lanes);
            goodput.push(good);
            refused.push(bad);
        }
    }
    println!(
        "good answers a second of the profile `overload`, all rounds and their median; refused"
    );
    for ((name, lanes), (goodput, refused)) in ways.iter().zip(&seen) {
        let all: Vec<_> = goodput.iter().map(|good| format!("{good:.0}")).collect();
        let refused: Vec<_> = refused
            .iter()
            .map(|share| format!("{:.1}%", share * 100.0))
            .collect();
        println!(
            "{name:<8} -m {lanes:<3}  {}  median {:.0}  refused {}",
            all.join(" "),
            median(goodput),
            refused.join(" ")
        );
    }
    let medians: Vec<_> = seen.iter().map(|(goodput, _)| median(goodput)).collect();
    let (adaptive, fixed) = medians.split_last().expect("there is one way at least");
    let best = fixed.iter().copied().fold(0.0, f64::max);
    println!(
        "adaptive: {:.3}x the best fixed number (goal: at least 0.90)",
        adaptive / best
    );
}

/// Good answers a second, and the share of the requests that were refused.
fn run(
    server: &ServeProcess,
    plan: &Workload,
    strategy: &dyn Strategy,
    lanes: usize,
) -> (f64, f64) {
    let lanes = Concurrency::new(lanes).expect("it is at most 1000");
    let run = Run::new(plan, &server.endpoint).concurrency(lanes);
    let start = Instant::now();
    let tally = strategy.run(&run).expect("a runtime can be had");
    let wall = start.elapsed().as_secs_f64();
    (
        tally.ok as f64 / wall,
        tally.error as f64 / tally.attempts() as f64,
    )
}

/// So many downloads of a few flags.
fn plan(count: u64) -> Workload {
    let flags = populous::TWENTY.into_iter().cycle();
    let job = |(place, code)| DownloadSpec {
        request_number: place / 20 + 1,
        ..DownloadSpec::first(Resource::Flag(code))
    };
    Workload {
        jobs: (0..count).zip(flags).map(job).collect(),
    }
}
