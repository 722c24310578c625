//! The client's memory per connection: the peak of a process with 1,000 connections, minus the peak with one
//! connection, divided by 999. All connections wait for a response at the same time, receive one of 1 KB, and repeat that.
//!
//! Each trial runs this program in a separate process. Each strategy has `ROUNDS` trials with each number of connections, and
//! their medians count.

mod barrier_server;
mod trial;

use crate::common::{is_test, median, rounds};
use crate::goals::judge;
use barrier_server::BarrierServer;

pub(crate) use trial::{TRIAL, run as run_trial};

/// Trials of each kind.
const ROUNDS: usize = 3;

/// Strategies, after `hyper` if that is the transport, and the goals in bytes per connection. All with event loops are
/// held to the goal of `async`.
const GOALS: [(&str, usize); 6] = [
    ("async", 25_000),
    ("hyper async", 25_000),
    ("async-multi", 25_000),
    ("per-core", 25_000),
    ("threads", 35_000),
    ("thread-per-download", 35_000),
];

/// Measures and prints.
pub(crate) fn print() {
    let many = if is_test() { 20 } else { 1000 };
    println!(
        "peak memory with 1 and with {many} connections, medians of {} trials",
        rounds(ROUNDS)
    );
    for (strategy, goal) in GOALS {
        let [least, most] = [1, many].map(|connections| peak(strategy, connections));
        let bytes = most.saturating_sub(least) * 1024 / (many - 1);
        let figure =
            format!("{strategy:<20} {least:>6} and {most:>6} KiB, {bytes:>6} bytes per connection");
        judge(&figure, &format!("at most {goal}"), bytes <= goal);
    }
}

/// The median peak of the processes of all trials, in KiB.
fn peak(strategy: &str, connections: usize) -> usize {
    let trials = (0..rounds(ROUNDS)).map(|_| {
        let server = BarrierServer::start(connections);
        trial::start(strategy, connections, server.address)
    });
    median(trials)
}
