//! `cargo bench`: the strategies side by side, and what carries them.
//!
//! - `strategies/<latency>` and `strategies/flaky`: each strategy downloads the 20 flags, meeting the same
//!   fates;
//! - `server`: clean requests through 64 connections;
//! - `fate`: deciding one fate;
//! - `tally`: recording attempts, and adding what workers recorded;
//! - lateness, printed at the end: how late injected delays are with 1,000 in flight;
//! - `transport`: what a request costs the client, by strategy;
//! - `bound`: how near the strategies come to the least wall time that is possible;
//! - `hedging`: what it does about a heavy tail, and what it costs;
//! - `adaptive`: before a server of few seats, beside fixed numbers of lanes;
//! - and last, who was the fastest and how near to what was possible each strategy came.

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
