//! The processes that `flagpole compare` starts: what happens when one dies, and that none is left.

use crate::compare::{json, rows};
use crate::harness::{CommandOutput, RunningCommand, Sandbox, flagpole, wait_until};
use crate::processes::{children, has_socket, with_argument};
use crate::servers::mock;
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

fn trials(process: &RunningCommand) -> Vec<u32> {
    children(process.pid(), "trial")
}

fn kill(pid: u32) {
    send(pid, Signal::KILL);
}

fn send(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid.try_into().unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// A process that does nothing any more, until the test is over, if somebody has not ended it by then.
struct StoppedProcess(u32);

impl StoppedProcess {
    fn all(pids: &[u32]) -> Vec<StoppedProcess> {
        let stopped = pids.iter().map(|&pid| {
            send(pid, Signal::STOP);
            StoppedProcess(pid)
        });
        stopped.collect()
    }
}

impl Drop for StoppedProcess {
    fn drop(&mut self) {
        let pid = Pid::from_raw(self.0.try_into().unwrap()).unwrap();
        let _ = kill_process(pid, Signal::CONT);
    }
}

/// The first process of this kind that it starts.
fn first(process: &RunningCommand, argument: &str) -> u32 {
    let mut found = Vec::new();
    wait_until("it has started one", || {
        found = children(process.pid(), argument);
        !found.is_empty()
    });
    found[0]
}

/// A comparison under way that never ends, and its seed.
fn endless() -> (RunningCommand, u64) {
    let seed = own_seed();
    let process = Sandbox::new().start(&format!("compare --latency 1h --seed {seed}"));
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
    let interrupts: [fn(&RunningCommand); 3] = [
        |process| process.signal(Signal::INT),
        |process| process.signal(Signal::TERM),
        RunningCommand::press_ctrl_c,
    ];
    for interrupt in interrupts {
        let (process, seed) = endless();
        interrupt(&process);
        let done = process.finish();
        assert_eq!(done.code, Some(3), "{done}");
        assert!(servers(seed).is_empty());
    }
}

/// Each trial takes longer than it takes until the server is asked whether it is there; all of them
/// together ask more often than it may leave unanswered.
#[test]
fn a_server_that_answers_is_there_however_many_trials_take_long() {
    let done = flagpole("compare --latency 2100ms --flags 1 --strategy sequential --rounds 7");
    assert!(!done.err.contains("is unresponsive"), "{done}");
    assert_eq!(done.code, Some(0), "{done}");
}

#[test]
fn a_trial_that_dies_leaves_the_rounds_before_it() {
    let server = mock("20ms", "");
    let line = "compare --flags 2 --strategy async --rounds 1000 --format json --url";
    let process = Sandbox::new().start(&format!("{line} {}", server.url()));
    wait_until("some rounds are over", || server.ledger().requests > 10);
    kill(first(&process, "trial"));
    let done = process.finish();
    assert_eq!(done.code, Some(3), "{done}");
    let told = "flagpole: invalid measurement: trial of `async` in round ";
    assert!(done.err.starts_with(told), "{done}");
    assert!(
        done.err
            .contains(": the trial process ended with signal: 9 (SIGKILL)\n"),
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
    let process = Sandbox::new().start(&format!("{line} {seed}"));
    wait_until("a trial runs", || {
        servers(seed).len() == 1 && !trials(&process).is_empty()
    });
    kill(servers(seed)[0]);
    let done = process.finish();
    assert_eq!(done.code, Some(3), "{done}");
    let told = "invalid measurement: the server process ended with signal: 9 (SIGKILL)\n";
    assert!(done.err.contains(told), "{done}");
    assert!(done.out.contains("\nINVALID\n"), "{done}");
}

#[test]
fn without_its_floor_a_comparison_is_whole_and_not_valid() {
    for (argument, told) in [
        (
            "trial",
            "measurement overhead: the trial process ended with signal: 9 (SIGKILL)",
        ),
        (
            "serve",
            "measurement overhead: the server process ended with signal: 9 (SIGKILL)",
        ),
    ] {
        let line = "compare --latency 0 --flags 2 --strategy async --rounds 2 --format json";
        let process = Sandbox::new().start(line);
        let first = first(&process, argument);
        if argument == "serve" {
            wait_until("it is used", || {
                trials(&process).into_iter().any(has_socket)
            });
        }
        kill(first);
        let done = process.finish();
        assert_eq!(done.code, Some(3), "{done}");
        assert_eq!(done.err, format!("flagpole: invalid measurement: {told}\n"));
        let document = json(&done);
        assert!(document["measurement_overhead"].is_null(), "{done}");
        assert_eq!(rows(&document)[0]["ok"], 4, "{done}");
        let reason = &document["cells"][0]["verdict"]["reasons"][0];
        assert_eq!(reason["label"], "aborted", "{done}");
    }
}

#[test]
fn an_interrupt_during_the_floor_measures_nothing_more() {
    let process = Sandbox::new().start("compare --latency 1h --format json");
    first(&process, "trial");
    process.signal(Signal::INT);
    let done = process.finish();
    assert_eq!(done.code, Some(3), "{done}");
    let told = "flagpole: 63 runs, about 27720 minutes\n\
                flagpole: invalid measurement: interrupted\n";
    assert!(done.err.starts_with(told), "{done}");
    assert_eq!(rows(&json(&done)).len(), 0, "{done}");
}

#[test]
fn conditions_that_can_not_be_begun_leave_those_before_them() {
    let (desk, seed) = (Sandbox::new(), own_seed());
    let folder = desk.path("tmp");
    std::fs::create_dir(&folder).unwrap();
    let line =
        "compare --latency 1ms,2ms --flags 2 --strategy async --rounds 20 --format json --seed";
    let process = desk.start_with(&format!("{line} {seed}"), &[("TMPDIR", &folder)]);
    wait_until("a trial of the first conditions runs", || {
        servers(seed).len() == 1 && !trials(&process).is_empty()
    });
    std::fs::remove_dir(&folder).unwrap();
    let done = process.finish();
    assert_eq!(done.code, Some(3), "{done}");
    let told = "invalid measurement: cannot write the server's profile: ";
    assert!(done.err.contains(told), "{done}");
    let document = json(&done);
    assert_eq!(rows(&document)[0]["ok"], 40, "{done}");
    let broken = &document["cells"][1];
    assert_eq!(broken["verdict"]["validity"], "INVALID", "{done}");
}

/// What is said of a comparison in which these processes stop to answer.
fn hangs(stopped: impl Fn(&RunningCommand, u64) -> Vec<u32>, interrupts: bool) -> CommandOutput {
    let (process, seed) = endless();
    let _stopped = StoppedProcess::all(&stopped(&process, seed));
    if interrupts {
        process.signal(Signal::INT);
    }
    let done = process.finish();
    assert_eq!(done.code, Some(3), "{done}");
    assert!(done.out.contains("\nINVALID\n"), "{done}");
    assert!(servers(seed).is_empty());
    done
}

#[test]
fn a_trial_that_hangs_is_not_waited_for() {
    let done = hangs(|process, _| trials(process), false);
    assert!(
        done.err
            .contains(" in the warm-up round: the trial process is unresponsive\n"),
        "{done}"
    );
}

#[test]
fn a_server_that_hangs_is_not_waited_for() {
    let done = hangs(|_, seed| servers(seed), false);
    assert!(
        done.err
            .contains(" in the warm-up round: the server process is unresponsive\n"),
        "{done}"
    );
}

#[test]
fn an_interrupt_ends_what_hangs() {
    let all = |process: &RunningCommand, seed| [trials(process), servers(seed)].concat();
    let done = hangs(all, true);
    assert!(done.err.contains(": interrupted\n"), "{done}");
}
