//! `cargo bench`: the strategies compared, the parts they depend on, and a summary at the end.
//!
//! - `strategies/<latency>` and `strategies/flaky`: each strategy downloads 20 flags with the same fates;
//! - `server`, `fate`, `stats`: the parts.
//!
//! These take longer and run only if the command line names them, as in `cargo bench -- bound`:
//!
//! - `bound`: wall time divided by the lower bound;
//! - `transport`: the client's cost of a request, by strategy;
//! - `memory`: the client's memory per connection, by strategy;
//! - `nginx`: requests per second and processor time per request of the server, beside nginx;
//! - `control`: answer times of the control plane beside a bare axum server, and what it costs without calls;
//! - `lateness/closed`: how late injected delays are with 1,000 requests in flight;
//! - `lateness/open`: the same for open arrivals, with the server's own timer and with tokio's;
//! - `lateness/arrivals`: how late a load run starts requests, with its own timer and with tokio's;
//! - `hedging`: the effect of hedged requests on a heavy tail, and their cost;
//! - `adaptive`: goodput of `adaptive` beside fixed concurrency, at a server with a concurrency limit.

mod adaptive;
mod arrivals;
mod bound;
mod common;
#[cfg(target_os = "linux")]
mod contender;
#[cfg(target_os = "linux")]
mod control;
#[cfg(target_os = "linux")]
mod cpu_time;
mod goals;
mod hedging;
mod lateness;
#[cfg(target_os = "linux")]
mod median_ratio;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod nginx;
#[cfg(target_os = "linux")]
mod open_lateness;
mod parts;
mod serve_process;
mod strategies;
mod summary;
#[cfg(unix)]
mod transport;
#[cfg(target_os = "linux")]
mod wrk;

use criterion::Criterion;
use std::env;
use std::process::ExitCode;

/// The groups that run only if they are named; each prints a table.
const TABLES: &[(&str, fn())] = &[
    ("bound", bound::print),
    #[cfg(unix)]
    ("transport", transport::print),
    #[cfg(target_os = "linux")]
    ("memory", memory::print),
    #[cfg(target_os = "linux")]
    ("nginx", nginx::print),
    #[cfg(target_os = "linux")]
    ("control", control::print),
    ("lateness/closed", lateness::print),
    #[cfg(target_os = "linux")]
    ("lateness/open", open_lateness::print),
    ("lateness/arrivals", arrivals::print),
    ("hedging", hedging::print),
    ("adaptive", adaptive::print),
];

fn main() -> ExitCode {
    flagpole_server::open_files::raise_limit();
    if env::var(arrivals::IS_SINK).is_ok() {
        arrivals::serve();
        return ExitCode::SUCCESS;
    }
    #[cfg(target_os = "linux")]
    if let Ok(options) = env::var(open_lateness::SERVER_OPTIONS) {
        open_lateness::serve(&options);
        return ExitCode::SUCCESS;
    }
    #[cfg(target_os = "linux")]
    if env::var(control::IS_SERVER).is_ok() {
        control::serve();
        return ExitCode::SUCCESS;
    }
    #[cfg(target_os = "linux")]
    if let Ok(trial) = env::var(memory::TRIAL) {
        memory::run_trial(&trial);
        return ExitCode::SUCCESS;
    }
    let prints = |name: &str| common::is_test() || common::names(name);
    let mut has_printed = false;
    for (name, print) in TABLES {
        if common::is_list() {
            println!("{name}: table, runs only if it is named");
        } else if prints(name) {
            print();
            has_printed = true;
        }
    }
    // Otherwise the processor time of a client that is a process of this program would contain that of criterion.
    if !has_printed || common::is_test() {
        criterion();
    }
    goals::exit_code()
}

/// The groups that criterion measures, and their summary.
fn criterion() {
    let mut criterion = Criterion::default().configure_from_args();
    let measured = strategies::bench(&mut criterion);
    parts::bench(&mut criterion);
    criterion.final_summary();
    summary::print(&measured);
}
