//! `cargo bench`: the strategies side by side, and what carries them.
//!
//! - `strategies/<latency>` and `strategies/flaky`: each strategy downloads the 20 flags, meeting the same
//!   fates;
//! - `server`: clean requests through 64 connections;
//! - `fate`: deciding one fate;
//! - `tally`: recording attempts, and adding what workers recorded;
//! - lateness, printed at the end: how late injected delays are with 1,000 in flight;
//! - and last, who was the fastest and how near to what was possible each strategy came.

mod fate;
mod lateness;
mod server;
mod strategies;
mod tally;

use criterion::Criterion;

fn main() {
    flagpole_server::open_files::raise_limit();
    let mut criterion = Criterion::default().configure_from_args();
    let summary = strategies::bench(&mut criterion);
    server::bench(&mut criterion);
    fate::bench(&mut criterion);
    tally::bench(&mut criterion);
    criterion.final_summary();
    lateness::print();
    summary.print();
}
