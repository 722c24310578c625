//! Wall time of the strategies divided by the lower bound: all 498 files, 50 ms each, at concurrency 32 and
//! 194, from a server in a process of its own. No value can be below 1.

use crate::common::{concurrency, joined, median, rounds, strategy};
use crate::goals::judge;
use crate::serve_process::ServeProcess;
use flagpole_analysis::bound::efficiency;
use flagpole_client::{Run, Workload, measure};
use flagpole_fixtures::Catalog;

/// Rounds; their median counts, because the machine stalls at times.
const ROUNDS: usize = 7;

/// Those with a fixed concurrency above 1.
const STRATEGIES: [&str; 5] = [
    "threads",
    "thread-per-download",
    "async",
    "async-multi",
    "per-core",
];

/// Concurrency, and the goal for the ratio: with fewer waves, opening the connections takes a larger share.
const GOALS: [(usize, f64); 2] = [(32, 1.02), (194, 1.08)];

/// Measures and prints.
pub(crate) fn print() {
    let server = ServeProcess::start("--latency 50ms");
    let workload = Workload::files(Catalog::embedded().codes());
    let rounds = rounds(ROUNDS);
    println!("wall time / lower bound: {rounds} rounds and their median");
    for (limit, goal) in GOALS {
        let mut ratios = STRATEGIES.map(|_| Vec::new());
        for round in 0..rounds {
            for (name, ratios) in STRATEGIES.iter().zip(&mut ratios) {
                let run = Run::new(&workload, &server.endpoint)
                    .concurrency(concurrency(limit))
                    .name(format!("{name}-{limit}-{round}"));
                let measured = measure(strategy(name), &run)
                    .expect("the strategy can start its threads and runtimes");
                assert_eq!(measured.stats.ok, workload.downloads.len() as u64);
                ratios.push(1.0 / efficiency(&measured).expect("the server says what it planned"));
            }
        }
        for (name, ratios) in STRATEGIES.iter().zip(&ratios) {
            let all = joined(ratios, |ratio| format!("{ratio:.3}"));
            let middle = median(ratios.clone());
            let figure = format!("concurrency {limit:>4}  {name:<20} {all}  median {middle:.3}");
            judge(&figure, &format!("at most {goal:.2}"), middle <= goal);
        }
    }
}
