//! The server beside nginx, without latency: requests per second and processor time per request through 64 keep-alive
//! connections of wrk, on the same machine. The servers take turns of one second, because the kernel distributes
//! connections over workers by chance, and the speed of the machine varies.
//!
//! nginx is tuned: one worker per core, `reuseport`, no log, cached open files; once with `sendfile` and once without,
//! because which of them is faster depends on the length of the body.
//!
//! Environment variables: `ROUNDS`, `SECONDS` of each round and server, and `FLAGPOLE`, another binary to measure.

mod comparison;
mod nginx_process;
mod wrk;

use crate::common::{is_test, median, rounds};
use crate::serve_process::ServeProcess;
use comparison::compare;
use nginx_process::NginxProcess;
use std::env::var;
use std::net::SocketAddr;
use std::process::Command;
use wrk::{Load, body_length};

/// Rounds; with 7, the 95% confidence interval of a median is the whole range.
const ROUNDS: usize = 7;

/// Seconds for which wrk sends requests to each server in a round.
const SECONDS: usize = 4;

/// Bodies of 11,059 and of 121 bytes.
const PATHS: [&str; 2] = ["/flags/br/br.gif", "/flags/br/metadata.json"];

/// A server to measure, and its results.
struct Contender {
    name: &'static str,
    address: SocketAddr,
    /// The process that is the parent of all others of the server.
    pid: u32,
    /// One for each round.
    loads: Vec<Load>,
}

/// Measures and prints.
pub(crate) fn print() {
    let is_missing = |name: &&str| Command::new(name).arg("-v").output().is_err();
    if let Some(missing) = ["nginx", "wrk"].into_iter().find(is_missing) {
        println!("skipped: {missing} is not installed");
        return;
    }
    let flagpole = ServeProcess::start("");
    let nginx = ["off", "on"].map(NginxProcess::start);
    let contender = |name, address, pid| Contender {
        name,
        address,
        pid,
        loads: Vec::new(),
    };
    for path in PATHS {
        let address = flagpole.endpoint.addresses()[0];
        let mut contenders = [
            contender("flagpole", address, flagpole.id()),
            contender("nginx, sendfile off", nginx[0].address, nginx[0].id()),
            contender("nginx, sendfile on", nginx[1].address, nginx[1].id()),
        ];
        measure(path, &mut contenders);
        compare(&contenders);
    }
}

/// Measures all servers in each second of a round, in the order of the previous second reversed.
fn measure(path: &str, contenders: &mut [Contender; 3]) {
    let (rounds, seconds) = (rounds(ROUNDS), seconds());
    let lengths = contenders
        .each_ref()
        .map(|one| body_length(one.address, path));
    assert_eq!(lengths, [lengths[0]; 3], "all serve the same file");
    println!(
        "\n{path}, {} bytes, {} connections: medians of {rounds} rounds of {seconds} s",
        lengths[0],
        wrk::CONNECTIONS
    );
    // A warm-up.
    for one in contenders.iter().filter(|_| !is_test()) {
        wrk::load(one.address, path, one.pid);
    }
    for _ in 0..rounds {
        let mut sums = [Load::default(); 3];
        for second in 0..seconds {
            let order = if second % 2 == 0 {
                [0, 1, 2]
            } else {
                [2, 1, 0]
            };
            for index in order {
                let one = &contenders[index];
                sums[index].add(&wrk::load(one.address, path, one.pid));
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

impl Contender {
    /// Requests per second, in every round.
    fn rates(&self) -> Vec<f64> {
        self.loads.iter().map(Load::rate).collect()
    }

    /// Processor time per request in microseconds, in every round.
    fn cpu(&self) -> Vec<f64> {
        self.loads.iter().map(Load::cpu_us).collect()
    }

    fn median_rate(&self) -> f64 {
        median(self.rates())
    }
}
