//! Wall time of the strategies divided by the lower bound: all 498 files, 50 ms each, at concurrency 32 and
//! 194, from a server in a process of its own. No value can be below 1.

use crate::command_line::{median, rounds};
use crate::serve_process::ServeProcess;
use flagpole_analysis::bound::efficiency;
use flagpole_client::{Concurrency, Run, Workload, measure, strategy};
use flagpole_fixtures::Catalog;

/// Rounds; their median counts, because the machine stalls at times.
const ROUNDS: usize = 7;

const STRATEGIES: [&str; 4] = ["threads", "async", "async-multi", "per-core"];

/// Concurrency, and the goal for the ratio: with fewer waves, opening the connections takes a larger share.
const GOALS: [(usize, f64); 2] = [(32, 1.02), (194, 1.10)];

/// Measures and prints.
pub(crate) fn print() {
    let server = ServeProcess::start("--latency 50ms");
    let workload = Workload::files(Catalog::embedded().codes());
    let rounds = rounds(ROUNDS);
    println!("wall time / lower bound: {rounds} rounds and their median");
    for (concurrency, goal) in GOALS {
        let mut ratios = STRATEGIES.map(|_| Vec::new());
        for round in 0..rounds {
            for (name, ratios) in STRATEGIES.iter().zip(&mut ratios) {
                let run = Run::new(&workload, &server.endpoint)
                    .concurrency(Concurrency::new(concurrency).expect("it is at most 1000"))
                    .name(format!("{name}-{concurrency}-{round}"));
                let strategy = strategy::by_name(name).expect("it is one of the list");
                let measured = measure(strategy, &run)
                    .expect("the strategy can start its threads and runtimes");
                assert_eq!(measured.stats.ok, workload.downloads.len() as u64);
                ratios.push(1.0 / efficiency(&measured).expect("the server says what it planned"));
            }
        }
        for (name, ratios) in STRATEGIES.iter().zip(&ratios) {
            let all: Vec<_> = ratios.iter().map(|ratio| format!("{ratio:.3}")).collect();
            println!(
                "concurrency {concurrency:>4}  {name:<12} {}  median {:.3}  (goal: at most {goal:.2})",
                all.join(" "),
                median(ratios.iter().copied())
            );
        }
    }
}
