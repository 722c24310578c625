//! Effect and cost of hedged requests with a heavy tail: all flags at concurrency 32 from the profile
//! `tail`, with and without `--hedge p95`, over several seeds. A download lasts from when its first
//! attempt was due until the end of its final attempt.

use crate::common::{concurrency, rounds, strategy};
use crate::serve_process::ServeProcess;
use flagpole_client::{Policy, Run, Workload, measure, policy::Hedge};
use flagpole_fixtures::Catalog;
use flagpole_protocol::AttemptRecord;
use std::{collections::BTreeMap, time::Duration};

/// Number of server seeds, from 1.
const SEEDS: usize = 10;

/// Measures and prints.
pub(crate) fn print() {
    println!("downloads of the profile `tail`, p50 and p99 in ms, and requests per file");
    println!("{:>4}  {:>24}  {:>24}", "seed", "without", "--hedge p95");
    let hedged = Policy {
        hedge: Some(Hedge::default()),
        ..Policy::default()
    };
    let mut all = [Vec::new(), Vec::new()];
    for seed in 1..=rounds(SEEDS) {
        let server = ServeProcess::start(&format!("--profile tail --seed {seed}"));
        let mut cells = Vec::new();
        for (policy, all) in [Policy::default(), hedged.clone()].iter().zip(&mut all) {
            let one = run(&server, policy);
            cells.push(cell(std::slice::from_ref(&one)));
            all.push(one);
        }
        println!("{seed:>4}  {}", cells.join("  "));
    }
    println!(" all  {}  {}", cell(&all[0]), cell(&all[1]));
}

fn run(server: &ServeProcess, policy: &Policy) -> Vec<AttemptRecord> {
    let workload = Workload::flags(Catalog::embedded().codes());
    let run = Run::new(&workload, &server.endpoint)
        .concurrency(concurrency(32))
        .policy(policy.clone())
        .name("hedging");
    let measured = measure(strategy("async"), &run).expect("the runtime can be built");
    assert_eq!(measured.stats.ok, workload.downloads.len() as u64);
    measured.records
}

fn cell(runs: &[Vec<AttemptRecord>]) -> String {
    let mut took: Vec<_> = runs.iter().flat_map(|records| downloads(records)).collect();
    took.sort_unstable();
    let requests: usize = runs.iter().map(Vec::len).sum();
    let at = |share: usize| took[(took.len() * share).div_ceil(100) - 1].as_secs_f64() * 1e3;
    let each = requests as f64 / took.len() as f64;
    format!("{:>7.1} {:>8.1} {each:>7.3}", at(50), at(99))
}

/// Duration of each download.
fn downloads(records: &[AttemptRecord]) -> Vec<Duration> {
    let mut spans: BTreeMap<usize, (Duration, Duration)> = BTreeMap::new();
    for record in records {
        let (due, decided) = spans
            .entry(record.download)
            .or_insert((record.due, Duration::ZERO));
        *due = record.due.min(*due);
        if record.is_final {
            *decided = record.done;
        }
    }
    let took = spans
        .values()
        .map(|(due, decided)| decided.saturating_sub(*due));
    took.collect()
}
