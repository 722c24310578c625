//! `flagpole compare` with a client that does not get its processor.

use crate::compare;
use crate::harness::Sandbox;
use crate::processes::children;
use rustix::process::{Pid, Signal, kill_process};
use std::thread::sleep;
use std::time::Duration;

/// Sends a signal to processes, some of which may have exited.
fn send(processes: &[u32], signal: Signal) {
    for &process in processes {
        let process = Pid::from_raw(process.try_into().unwrap()).unwrap();
        let _ = kill_process(process, signal);
    }
}

/// The client is stopped for 60 ms about five times a second.
#[test]
fn stopped_client_is_an_invalid_measurement() {
    let line = "compare --latency 400ms --flags 2 --strategy sequential --rounds 1 --format json";
    let mut process = Sandbox::new().start(line);
    while !process.has_exited() {
        let trials = children(process.pid(), "trial");
        send(&trials, Signal::STOP);
        sleep(Duration::from_millis(60));
        send(&trials, Signal::CONT);
        sleep(Duration::from_millis(140));
    }
    let output = process.finish();
    output.assert_code(3);
    output.assert_stderr_contains(" while its process was stopped; do not stop it (SIGSTOP, ");
    let document = compare::json(&output);
    let lost = &compare::strategies(&document)[0]["rounds"][0]["lost"];
    assert!(lost["stopped_us"].as_u64() > Some(100_000), "{lost}");
    assert_eq!(compare::repeated_rounds(&document), 1);
}
