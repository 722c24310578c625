//! Lateness of injected delays with open arrivals: the server's own timer beside tokio's in the same server, in
//! alternating rounds with the same arrivals and delays.
//!
//! Requests arrive as a Poisson process, at the rate at which client and server use 30% of the machine; delays are
//! uniform, so that about 1,000 requests are in flight. The server runs in a separate process and measures the time
//! from when a response was due until its first write returned.

mod comparison;
mod open_client;
mod timer_server;

use crate::common::{is_test, rounds};
use crate::cpu_time;
use comparison::compare;
use open_client::OpenClient;
use std::process;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};
use timer_server::{Lateness, TimerServer};

pub(crate) use timer_server::{SERVER_OPTIONS, serve};

/// Rounds; the medians of their quantiles count.
const ROUNDS: usize = 7;

/// Requests in flight on average (rate x mean delay, Little's law).
const IN_FLIGHT: f64 = 1000.0;

/// Enough for the random variation, and for the backlog after a stall of the machine.
const CONNECTIONS: usize = 3000;

/// Share of the machine's processor time that client and server use.
const LOAD: f64 = 0.3;

/// One round with one timer.
struct Round {
    lateness: Lateness,
    /// Share of the machine's processor time that client and server used.
    ours: f64,
    /// Share that other programs used, or the hypervisor gave to other machines.
    others: f64,
}

/// Measures and prints.
pub(crate) fn print() {
    let (rate, seconds) = if is_test() {
        (5000.0, 0.3)
    } else {
        (calibrate(), 4.0)
    };
    let rounds = rounds(ROUNDS);
    println!(
        "\nopen arrivals, {rate:.0} requests/s, {}: medians of {rounds} rounds of {seconds} s",
        latency(rate)
    );
    let (mut own, mut tokio) = (Vec::new(), Vec::new());
    for seed in 0..rounds as u64 {
        let run = |timer| round(timer, rate, seconds, seed);
        if seed % 2 == 0 {
            own.push(run("own"));
            tokio.push(run("tokio"));
        } else {
            tokio.push(run("tokio"));
            own.push(run("own"));
        }
    }
    compare(&own, &tokio);
}

/// The rate at which client and server use `LOAD` of the machine.
fn calibrate() -> f64 {
    // The processor time per request falls with the rate, so one correction is not enough.
    (0..4).fold(5000.0, |rate: f64, seed| {
        let ours = round("own", rate, 1.5, seed).ours;
        rate * (LOAD / ours).clamp(0.2, 5.0)
    })
}

/// Uniform delays whose mean keeps `IN_FLIGHT` requests in flight.
fn latency(rate: f64) -> String {
    let mean = Duration::from_secs_f64(IN_FLIGHT / rate).as_micros();
    format!("uniform:1ms..{}us", 2 * mean - 1000)
}

fn round(timer: &str, rate: f64, seconds: f64, seed: u64) -> Round {
    let server = TimerServer::start(timer, &latency(rate), seed);
    let client = OpenClient::connect(server.address, CONNECTIONS);
    let cpu = || (cpu_time::process_tree(process::id()), cpu_time::machine());
    let (before, start) = (cpu(), Instant::now());
    let requests = client.send(open_client::poisson(rate, seconds, seed));
    let (after, elapsed) = (cpu(), start.elapsed());
    let cores = available_parallelism().map_or(1, Into::into);
    let share = |cpu: Duration| cpu.as_secs_f64() / elapsed.as_secs_f64() / cores as f64;
    let ours = after.0.saturating_sub(before.0);
    let lateness = server.finish();
    assert_eq!((lateness.count, lateness.early), (requests, 0));
    Round {
        lateness,
        ours: share(ours),
        others: share(after.1.saturating_sub(before.1 + ours)),
    }
}
