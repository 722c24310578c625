//! Requests per second of a server with a control plane that no client calls, beside one without.

use crate::common::{median, rounds};
use crate::contender::{self, Contender};
use crate::goals::judge;
use crate::median_ratio::MedianRatio;
use crate::serve_process::ServeProcess;

const ROUNDS: usize = 15;

const PATH: &str = "/flags/br/br.gif";

/// The 95% interval of the ratio of throughputs must contain or exceed it.
const MIN_RATIO: f64 = 0.98;

/// Measures and prints.
pub(super) fn print() {
    let servers = ["--control 0", ""].map(ServeProcess::start);
    let contender = |name, server: &ServeProcess| {
        Contender::new(name, server.endpoint.addresses()[0], server.id())
    };
    let mut contenders = [
        contender("with a control plane", &servers[0]),
        contender("without", &servers[1]),
    ];
    contender::measure(PATH, &mut contenders, rounds(ROUNDS));
    for one in &contenders {
        println!(
            "{:<20} {:>10.0} requests/s {:>8.2} us CPU per request",
            one.name,
            one.median_rate(),
            median(one.cpu())
        );
    }
    let [with, without] = &contenders;
    let rate = MedianRatio::new(&with.rates(), &without.rates());
    let is_met = rate.interval.is_some_and(|(_, high)| high >= MIN_RATIO);
    judge(
        &format!("requests/s: {rate} that without"),
        &format!("the interval contains or exceeds {MIN_RATIO}"),
        is_met,
    );
    let cpu = MedianRatio::new(&with.cpu(), &without.cpu());
    println!("CPU per request: {cpu} that without");
}
