//! `cargo bench`: the strategies compared, and the parts they depend on.
//!
//! - `strategies/<latency>` and `strategies/flaky`: each strategy downloads 20 flags with the same fates;
//! - `server`: requests without delay or fault through 64 connections;
//! - `fate`: deciding one fate;
//! - `tally`: recording attempts, and adding the statistics of workers;
//! - `lateness`: how late injected delays are with 1,000 requests in flight;
//! - `transport`: the client's cost of a request, by strategy;
//! - `bound`: wall time divided by the lower bound;
//! - `hedging`: the effect of hedged requests on a heavy tail, and their cost;
//! - `adaptive`: goodput of `adaptive` beside fixed concurrency, at a server with a concurrency limit;
//! - last, a summary: the fastest strategy and the efficiency of each.

mod adaptive;
mod bound;
mod fate;
mod hedging;
mod lateness;
mod requests;
mod run_stats;
mod serve_process;
mod server;
mod strategies;
#[cfg(unix)]
mod transport;

use criterion::Criterion;

fn main() {
    flagpole_server::open_files::raise_limit();
    let mut criterion = Criterion::default().configure_from_args();
    let summary = strategies::bench(&mut criterion);
    server::bench(&mut criterion);
    fate::bench(&mut criterion);
    run_stats::bench(&mut criterion);
    criterion.final_summary();
    lateness::print();
    #[cfg(unix)]
    transport::print();
    bound::print();
    hedging::print();
    adaptive::print();
    summary.print();
}
