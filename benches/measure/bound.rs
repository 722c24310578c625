//! How near the strategies come to the bound: all 498 files, 50 ms each, on 32 and on 194 lanes, from a
//! server in a process of its own. The wall time as so many times the bound; nothing can be below 1.

use crate::requests::{is_asked, median, rounds};
use crate::serve_process::ServeProcess;
use flagpole_analysis::bound::efficiency;
use flagpole_client::{Concurrency, Run, Workload, measure, strategy};
use flagpole_fixtures::Catalog;

/// Rounds, of which the median counts: the machine stalls now and then.
const ROUNDS: usize = 7;

const STRATEGIES: [&str; 4] = ["threads", "async", "async-multi", "per-core"];

/// So many lanes, and how many times the bound is aimed at: the fewer waves, the more the making of
/// connections shows.
const GOALS: [(usize, f64); 2] = [(32, 1.02), (194, 1.10)];

/// Measures and prints, unless the command line asks for other benchmarks only.
pub(crate) fn print() {
    if !is_asked("bound") {
        return;
    }
    let server = ServeProcess::start("--latency 50ms");
    let plan = Workload::files(Catalog::embedded().codes());
    let rounds = rounds(ROUNDS);
    println!("wall time, times the bound: {rounds} rounds, and their median");
    for (lanes, goal) in GOALS {
        let mut ratios = STRATEGIES.map(|_| Vec::new());
        for round in 0..rounds {
            for (name, ratios) in STRATEGIES.iter().zip(&mut ratios) {
                let run = Run::new(&plan, &server.endpoint)
                    .concurrency(Concurrency::new(lanes).expect("it is at most 1000"))
                    .name(format!("{name}-{lanes}-{round}"));
                let strategy = strategy::by_name(name).expect("it is one of the list");
                let measured = measure(strategy, &run).expect("threads and runtimes can be had");
                assert_eq!(measured.stats.ok, plan.jobs.len() as u64);
                ratios.push(1.0 / efficiency(&measured).expect("the server says what it planned"));
            }
        }
        for (name, ratios) in STRATEGIES.iter().zip(&ratios) {
            let all: Vec<_> = ratios.iter().map(|ratio| format!("{ratio:.3}")).collect();
            println!(
                "{lanes:>4} lanes  {name:<12} {}  median {:.3}  (goal: at most {goal:.2})",
                all.join(" "),
                median(ratios)
            );
        }
    }
}
