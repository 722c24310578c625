//! The client's cost of a request: 64 connections, no latency, every body verified and every response time
//! recorded. `benches/peers/client.sh` compares it with other clients.
//!
//! Environment variables: `URL` of a running server (without it, one is started in a process of its own),
//! `REQUESTS`, `STRATEGIES`, as in `STRATEGIES="async per-core"`, and `TRANSPORT`, as in `TRANSPORT=hyper`.

use crate::common::{concurrency, is_test, median, rounds, strategy};
use crate::serve_process::ServeProcess;
use flagpole_client::{DownloadSpec, Endpoint, Run, Strategy, Target, TransportKind, Workload};
use flagpole_protocol::Resource;
use std::env::var;
use std::time::{Duration, Instant};

/// Rounds; their median counts.
const ROUNDS: usize = 5;

/// Requests per round: a few seconds of work.
const REQUESTS: usize = 200_000;

/// Measures and prints.
pub(crate) fn print() {
    let served = var("URL").is_err().then(|| ServeProcess::start(""));
    let endpoint = match &served {
        Some(served) => served.endpoint.clone(),
        None => endpoint(),
    };
    let requests = var("REQUESTS").map_or(REQUESTS, |text| text.parse().expect("it is a number"));
    let workload = workload(if is_test() { 100 } else { requests });
    let names = var("STRATEGIES").unwrap_or_else(|_| "threads async async-multi per-core".into());
    let variants: Vec<_> = names.split_whitespace().map(strategy).collect();
    let mut results = vec![Vec::new(); variants.len()];
    for _ in 0..rounds(ROUNDS) {
        for (strategy, results) in variants.iter().zip(&mut results) {
            results.push(run(*strategy, &workload, &endpoint));
        }
    }
    println!(
        "64 connections: requests/s, us of CPU per request, p50 and p99 of the response time in us; medians"
    );
    for (strategy, results) in variants.iter().zip(&results) {
        let at = |column: usize| median(results.iter().map(|cells: &[f64; 4]| cells[column]));
        let [rate, cpu, p50, p99] = [0, 1, 2, 3].map(at);
        println!(
            "{:<20} {rate:>10.0} requests/s {cpu:>8.2} us CPU per request  {p50:>6.0} {p99:>6.0}",
            strategy.name(),
        );
    }
}

fn endpoint() -> Endpoint {
    let target: Target = var("URL")
        .expect("URL is set")
        .parse()
        .expect("URL is that of a site");
    target.resolve().expect("URL names a host")
}

fn workload(requests: usize) -> Workload {
    let code = var("CC").unwrap_or_else(|_| "BR".into());
    let flag = Resource::Flag(code.parse().expect("CC is a code"));
    Workload::from(vec![DownloadSpec::new(flag); requests])
}

fn transport() -> TransportKind {
    let name = var("TRANSPORT").unwrap_or_else(|_| "built-in".into());
    name.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn run(strategy: &dyn Strategy, workload: &Workload, endpoint: &Endpoint) -> [f64; 4] {
    let run = Run::new(workload, endpoint)
        .concurrency(concurrency(64))
        .transport(transport());
    let (before, start) = (cpu(), Instant::now());
    let stats = strategy
        .run(&run)
        .expect("the strategy can start its threads and runtimes");
    let (cpu, wall) = (cpu().saturating_sub(before), start.elapsed());
    let requests = workload.downloads.len() as f64;
    assert_eq!(stats.ok, workload.downloads.len() as u64, "{stats:?}");
    let at = |share| micros(stats.response_time.quantile(share).unwrap_or_default());
    [
        requests / wall.as_secs_f64(),
        micros(cpu) / requests,
        at(0.5),
        at(0.99),
    ]
}

/// Processor time of all threads of this process.
fn cpu() -> Duration {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike as _;
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("the system knows this process");
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(u64::try_from(micros).expect("time goes forward"))
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
