//! How long answers of the control plane take while the data plane is busy, and how long those of a bare axum server in a
//! separate process take beside the same load. Requests to the two alternate.

use super::answer_client::AnswerClient;
use super::axum_process::{AxumProcess, PATHS};
use crate::common::{is_test, joined, median, rounds};
use crate::goals::judge;
use crate::serve_process::ServeProcess;
use crate::wrk;
use std::thread;
use std::time::{Duration, Instant};

/// Rounds; the median of their ratios counts.
const ROUNDS: usize = 7;

/// The goal for the time of an answer, relative to the bare server.
const MAX_RATIO: f64 = 1.5;

/// The path that the load requests.
const LOADED_PATH: &str = "/flags/br/br.gif";

/// Time for the load to begin, and time of a round for each path.
const WARM_UP: Duration = Duration::from_millis(300);
const TIME_PER_PATH: Duration = Duration::from_secs(1);

/// Seconds of load in a round.
const LOAD_SECONDS: usize = 4;

/// The medians of the answer times of one path in one round.
#[derive(Clone, Copy)]
struct Medians {
    control: Duration,
    axum: Duration,
}

/// Measures and prints.
pub(super) fn print() {
    let flagpole = ServeProcess::start("--control 0");
    let address = flagpole.control.expect("it has a control plane");
    let load = |seconds| {
        wrk::load(
            flagpole.endpoint.addresses()[0],
            LOADED_PATH,
            flagpole.id(),
            seconds,
        )
    };
    // The journal in memory is full after it.
    load(1);
    let mut control = AnswerClient::connect(address);
    let axum = AxumProcess::start(PATHS.map(|path| control.get(path).body));
    let mut axum = AnswerClient::connect(axum.address);
    let (mut results, mut rates) = ([const { Vec::new() }; 3], Vec::new());
    for _ in 0..rounds(ROUNDS) {
        thread::scope(|scope| {
            let load = scope.spawn(|| load(if is_test() { 1 } else { LOAD_SECONDS }));
            thread::sleep(WARM_UP);
            for (path, results) in PATHS.into_iter().zip(&mut results) {
                results.push(alternate(path, &mut control, &mut axum));
            }
            rates.push(load.join().expect("wrk succeeds").rate());
        });
    }
    println!(
        "\ncontrol plane beside a bare axum server, data plane busy with {} connections, {:.0} requests/s",
        wrk::CONNECTIONS,
        median(rates)
    );
    for (path, results) in PATHS.into_iter().zip(&results) {
        report(path, results);
    }
}

fn alternate(path: &str, control: &mut AnswerClient, axum: &mut AnswerClient) -> Medians {
    let (mut controls, mut axums, start) = (Vec::new(), Vec::new(), Instant::now());
    while controls.is_empty() || !is_test() && start.elapsed() < TIME_PER_PATH {
        controls.push(control.get(path).time);
        axums.push(axum.get(path).time);
    }
    Medians {
        control: median(controls),
        axum: median(axums),
    }
}

fn report(path: &str, results: &[Medians]) {
    let us = |time: Duration| time.as_secs_f64() * 1e6;
    let ratios = results.iter().map(|one| us(one.control) / us(one.axum));
    let ratios: Vec<_> = ratios.collect();
    println!(
        "GET {path}: {:.0} us, axum {:.0} us; ratios {}",
        us(median(results.iter().map(|one| one.control))),
        us(median(results.iter().map(|one| one.axum))),
        joined(&ratios, |ratio| format!("{ratio:.2}"))
    );
    let ratio = median(ratios);
    judge(
        &format!("GET {path}: {ratio:.2}x that of axum"),
        &format!("at most {MAX_RATIO}x"),
        ratio <= MAX_RATIO,
    );
}
