//! What a request costs the client: through 64 connections, without latency, every body verified and
//! every latency recorded from when the request was due. `benches/peers/client.sh` sets it beside other
//! clients.
//!
//! Environment variables ask for other things: `URL` for a server that already runs (without it, one in
//! a process of its own is started), `REQUESTS`, and `STRATEGIES`, as in `STRATEGIES="async per-core"`.

use crate::requests::{is_asked, is_test, median, rounds};
use crate::serve_process::ServeProcess;
use flagpole_client::{
    Concurrency, DownloadSpec, Endpoint, Run, Strategy, Target, Workload, strategy,
};
use flagpole_protocol::Resource;
use std::env::var;
use std::time::{Duration, Instant};

/// Rounds, of which the median counts.
const ROUNDS: usize = 5;

/// Requests a round: some seconds' work.
const REQUESTS: usize = 200_000;

/// Measures and prints, unless the command line asks for other benchmarks only.
pub(crate) fn print() {
    if !is_asked("transport") {
        return;
    }
    let served = var("URL").is_err().then(|| ServeProcess::start(""));
    let endpoint = match &served {
        Some(served) => served.endpoint.clone(),
        None => endpoint(),
    };
    let requests = var("REQUESTS").map_or(REQUESTS, |text| text.parse().expect("it is a number"));
    let plan = plan(if is_test() { 100 } else { requests });
    let names = var("STRATEGIES").unwrap_or_else(|_| "threads async async-multi per-core".into());
    let ways = names.split_whitespace();
    let ways: Vec<_> = ways
        .map(|name| strategy::by_name(name).expect("STRATEGIES names strategies"))
        .collect();
    let mut seen = vec![Vec::new(); ways.len()];
    for _ in 0..rounds(ROUNDS) {
        for (strategy, seen) in ways.iter().zip(&mut seen) {
            seen.push(run(*strategy, &plan, &endpoint));
        }
    }
    println!(
        "64 connections: requests/s, us of CPU a request, p50 and p99 from due in us; medians"
    );
    for (strategy, seen) in ways.iter().zip(&seen) {
        let at =
            |column: usize| median(&seen.iter().map(|cells| cells[column]).collect::<Vec<_>>());
        println!(
            "{:<20} {:>10.0} requests/s {:>8.2} us CPU a request  {:>6.0} {:>6.0}",
            strategy.name(),
            at(0),
            at(1),
            at(2),
            at(3)
        );
    }
}

fn endpoint() -> Endpoint {
    let target: Target = var("URL")
        .expect("it was there a moment ago")
        .parse()
        .expect("URL is that of a site");
    target.resolve().expect("URL names a host")
}

fn plan(requests: usize) -> Workload {
    let code = var("CC").unwrap_or_else(|_| "BR".into());
    let flag = Resource::Flag(code.parse().expect("CC is a code"));
    Workload {
        jobs: vec![DownloadSpec::first(flag); requests],
    }
}

fn run(strategy: &dyn Strategy, plan: &Workload, endpoint: &Endpoint) -> [f64; 4] {
    let run =
        Run::new(plan, endpoint).concurrency(Concurrency::new(64).expect("it is at most 1000"));
    let (before, start) = (cpu(), Instant::now());
    let tally = strategy.run(&run).expect("threads and runtimes can be had");
    let (cpu, wall) = (cpu().saturating_sub(before), start.elapsed());
    let requests = plan.jobs.len() as f64;
    assert_eq!(tally.ok, plan.jobs.len() as u64, "{tally:?}");
    let at = |share| micros(tally.response_time.quantile(share).unwrap_or_default());
    [
        requests / wall.as_secs_f64(),
        micros(cpu) / requests,
        at(0.5),
        at(0.99),
    ]
}

/// The time that all threads of this process have had of the cores.
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
