//! `cargo bench`: the strategies side by side, and what carries them.
//!
//! - `strategies/<latency>`: each strategy downloads the 20 flags, meeting the same fates;
//! - `server`: clean requests through 64 connections;
//! - `fate`: deciding one fate;
//! - lateness, printed at the end: how late injected delays are with 1,000 in flight.

mod fate;
mod lateness;
mod server;
mod strategies;

use criterion::Criterion;

fn main() {
    flagpole_server::open_files::raise_limit();
    let mut criterion = Criterion::default().configure_from_args();
    strategies::bench(&mut criterion);
    server::bench(&mut criterion);
    fate::bench(&mut criterion);
    criterion.final_summary();
    lateness::print();
}
