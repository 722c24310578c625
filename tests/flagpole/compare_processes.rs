//! The processes that `flagpole compare` starts: what happens when one dies, and that none is left.

use crate::compare::{json, rows};
use crate::peers::mock;
use crate::processes::{children, has_socket, with_argument};
use crate::stage::{Desk, Process, flagpole, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use std::sync::atomic::{AtomicU32, Ordering};

/// A seed by which the server of one test is told from all others.
fn own_seed() -> u64 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    u64::from(std::process::id()) << 32 | u64::from(next)
}

/// The server processes that `compare` started for this seed; it spells the option in one word.
fn servers(seed: u64) -> Vec<u32> {
    with_argument(&format!("--seed={seed}"))
}

fn trials(process: &Process) -> Vec<u32> {
    children(process.pid(), "trial")
}

fn kill(pid: u32) {
    let pid = Pid::from_raw(pid.try_into().unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
}

/// A comparison under way that never ends, and its seed.
fn endless() -> (Process, u64) {
    let seed = own_seed();
    let process = Desk::new().start(&format!("compare --latency 1h --seed {seed}"));
    wait_until("a download is under way", || {
        servers(seed).len() == 1 && trials(&process).into_iter().any(has_socket)
    });
    (process, seed)
}

#[test]
fn none_is_left_after_a_success() {
    let seed = own_seed();
    let done = flagpole(&format!("compare --latency 0 --rounds 1 --seed {seed}"));
    assert_eq!(done.code, Some(0), "{done}");
    assert!(servers(seed).is_empty());
}

#[test]
fn none_is_left_after_a_kill() {
    let (process, seed) = endless();
    let trials = trials(&process);
    process.kill();
    wait_until("the server is gone", || servers(seed).is_empty());
    wait_until("the trial is gone", || {
        let left = with_argument("trial");
        !trials.iter().any(|trial| left.contains(trial))
    });
}

#[test]
fn none_is_left_after_a_signal() {
    let interrupts: [fn(&Process); 3] = [
        |process| process.signal(Signal::INT),
        |process| process.signal(Signal::TERM),
        Process::press_ctrl_c,
    ];
    for interrupt in interrupts {
        let (process, seed) = endless();
        interrupt(&process);
        let done = process.finish();
        assert_eq!(done.code, Some(3), "{done}");
        assert!(servers(seed).is_empty());
    }
}

#[test]
fn a_trial_that_dies_leaves_the_rounds_before_it() {
    let server = mock("20ms", "");
    let line = "compare --flags 2 --strategy async --rounds 1000 --format json --url";
    let process = Desk::new().start(&format!("{line} {}", server.url()));
    wait_until("some rounds are over", || server.ledger().requests > 10);
    let mut found = Vec::new();
    wait_until("a trial runs", || {
        found = trials(&process);
        !found.is_empty()
    });
    kill(found[0]);
    let done = process.finish();
    assert_eq!(done.code, Some(3), "{done}");
    let told = "flagpole: the measurement is not valid: the trial of `async` in round ";
    assert!(done.err.starts_with(told), "{done}");
    assert!(
        done.err.contains(": it ended with signal: 9 (SIGKILL)\n"),
        "{done}"
    );
    let document = json(&done);
    assert!(rows(&document)[0]["rounds"].as_array().unwrap().len() > 2);
    assert_eq!(document["cells"][0]["verdict"]["validity"], "INVALID");
}

#[test]
fn a_server_that_dies_is_named_as_the_reason() {
    let seed = own_seed();
    let line = "compare --latency 20ms --flags 2 --strategy async --rounds 1000 --seed";
    let process = Desk::new().start(&format!("{line} {seed}"));
    wait_until("a trial runs", || {
        servers(seed).len() == 1 && !trials(&process).is_empty()
    });
    kill(servers(seed)[0]);
    let done = process.finish();
    assert_eq!(done.code, Some(3), "{done}");
    let told = "the measurement is not valid: the server ended with signal: 9 (SIGKILL)\n";
    assert!(done.err.contains(told), "{done}");
    assert!(done.out.contains("\nINVALID\n"), "{done}");
}
