//! `cargo bench`: the strategies compared, the parts they depend on, and a summary at the end.
//!
//! - `strategies/<latency>` and `strategies/flaky`: each strategy downloads 20 flags with the same fates;
//! - `server`, `fate`, `stats`: the parts.
//!
//! These take longer and run only if the command line names them, as in `cargo bench -- bound`:
//!
//! - `bound`: wall time divided by the lower bound;
//! - `transport`: the client's cost of a request, by strategy;
//! - `lateness`: how late injected delays are with 1,000 requests in flight;
//! - `hedging`: the effect of hedged requests on a heavy tail, and their cost;
//! - `adaptive`: goodput of `adaptive` beside fixed concurrency, at a server with a concurrency limit.

mod adaptive;
mod bound;
mod common;
mod hedging;
mod lateness;
mod parts;
mod serve_process;
mod strategies;
mod summary;
#[cfg(unix)]
mod transport;

use criterion::Criterion;

/// The groups that run only if they are named; each prints a table.
const TABLES: &[(&str, fn())] = &[
    ("bound", bound::print),
    #[cfg(unix)]
    ("transport", transport::print),
    ("lateness", lateness::print),
    ("hedging", hedging::print),
    ("adaptive", adaptive::print),
];

fn main() {
    flagpole_server::open_files::raise_limit();
    let mut criterion = Criterion::default().configure_from_args();
    let measured = strategies::bench(&mut criterion);
    parts::bench(&mut criterion);
    criterion.final_summary();
    for (name, print) in TABLES {
        if common::is_list() {
            println!("{name}: table, runs only if it is named");
        } else if common::is_test() || common::names(name) {
            print();
        }
    }
    summary::print(&measured);
}
