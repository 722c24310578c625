//! Servers that take turns under the load of wrk.

use crate::common::{is_test, median};
use crate::wrk::{self, Load};
use std::env::var;
use std::net::SocketAddr;

/// Seconds for which wrk sends requests to each server in a round.
const SECONDS: usize = 4;

/// A server to measure, and its results.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    address: SocketAddr,
    /// The process that is the parent of all others of the server.
    pid: u32,
    /// One for each round.
    loads: Vec<Load>,
}

impl Contender {
    pub(crate) fn new(name: &'static str, address: SocketAddr, pid: u32) -> Contender {
        Contender {
            name,
            address,
            pid,
            loads: Vec::new(),
        }
    }

    /// Requests per second, in every round.
    pub(crate) fn rates(&self) -> Vec<f64> {
        self.loads.iter().map(Load::rate).collect()
    }

    /// Processor time per request in microseconds, in every round.
    pub(crate) fn cpu(&self) -> Vec<f64> {
        self.loads.iter().map(Load::cpu_us).collect()
    }

    pub(crate) fn median_rate(&self) -> f64 {
        median(self.rates())
    }
}

/// Measures all servers in each second of a round, in the order of the previous second reversed.
pub(crate) fn measure(path: &str, contenders: &mut [Contender], rounds: usize) {
    let seconds = seconds();
    let lengths = contenders
        .iter()
        .map(|one| wrk::body_length(one.address, path));
    let lengths: Vec<_> = lengths.collect();
    let [length, others @ ..] = &lengths[..] else {
        panic!("there is a server")
    };
    assert!(
        others.iter().all(|other| other == length),
        "all serve the same file: {lengths:?}"
    );
    println!(
        "\n{path}, {length} bytes, {} connections: medians of {rounds} rounds of {seconds} s",
        wrk::CONNECTIONS
    );
    // A warm-up.
    for one in contenders.iter().filter(|_| !is_test()) {
        wrk::load(one.address, path, one.pid, 1);
    }
    for _ in 0..rounds {
        let mut sums = vec![Load::default(); contenders.len()];
        for second in 0..seconds {
            let mut order: Vec<_> = (0..contenders.len()).collect();
            if second % 2 == 1 {
                order.reverse();
            }
            for index in order {
                let one = &contenders[index];
                sums[index].add(&wrk::load(one.address, path, one.pid, 1));
            }
        }
        for (one, sum) in contenders.iter_mut().zip(sums) {
            one.loads.push(sum);
        }
    }
}

fn seconds() -> usize {
    match var("SECONDS") {
        _ if is_test() => 1,
        Ok(seconds) => seconds.parse().expect("SECONDS is a number"),
        Err(_) => SECONDS,
    }
}
