//! The processes that `flagpole compare` starts: what happens when one of them dies or hangs, and
//! that none outlives it.

use crate::compare::{assert_code_of_verdict, json, strategies};
use crate::harness::{CommandOutput, RunningCommand, Sandbox, flagpole, wait_until};
use crate::processes::{children, has_socket, with_argument};
use crate::servers::server_with;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

/// A seed that identifies the server of one test.
fn unique_seed() -> u64 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    u64::from(std::process::id()) << 32 | u64::from(next)
}

/// Server processes that `compare` started for this seed; it passes the option as one argument.
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

/// A stopped process; continued when dropped, unless it has been killed.
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

fn first_child(process: &RunningCommand, argument: &str) -> u32 {
    let mut found = Vec::new();
    wait_until("the child process runs", || {
        found = children(process.pid(), argument);
        !found.is_empty()
    });
    found[0]
}

/// A comparison that never ends, and its seed.
fn start_endless() -> (RunningCommand, u64) {
    let seed = unique_seed();
    let process = Sandbox::new().start(&format!("compare --latency 1h --seed {seed}"));
    wait_until("a download is in flight", || {
        servers(seed).len() == 1 && trials(&process).into_iter().any(has_socket)
    });
    (process, seed)
}

#[test]
fn success_leaves_no_process() {
    let seed = unique_seed();
    let output = flagpole(&format!("compare --latency 0 --rounds 1 --seed {seed}"));
    assert_code_of_verdict(&output, 0);
    assert!(servers(seed).is_empty());
}

#[test]
fn kill_leaves_no_process() {
    let (mut process, seed) = start_endless();
    let trials = trials(&process);
    process.kill();
    wait_until("the server is gone", || servers(seed).is_empty());
    wait_until("the trial is gone", || {
        let running = with_argument("trial");
        !trials.iter().any(|trial| running.contains(trial))
    });
}

#[test]
fn signal_leaves_no_process() {
    let interrupts: [fn(&RunningCommand); 3] = [
        |process| process.signal(Signal::INT),
        |process| process.signal(Signal::TERM),
        RunningCommand::interrupt_group,
    ];
    for interrupt in interrupts {
        let (process, seed) = start_endless();
        interrupt(&process);
        let output = process.finish();
        output.assert_code(3);
        assert!(servers(seed).is_empty());
    }
}

/// As a service manager does that stops every process of a service.
#[test]
fn signal_to_all_processes_is_an_interrupt() {
    let (process, seed) = start_endless();
    let children = [trials(&process), servers(seed)].concat();
    process.signal(Signal::TERM);
    for child in children {
        send(child, Signal::TERM);
    }
    let output = process.finish();
    output.assert_code(3);
    output.assert_stderr_contains("invalid measurement: interrupted");
    assert!(servers(seed).is_empty());
}

/// Each trial is longer than the interval between two pings, and all of them together allow more
/// pings than may go unanswered.
#[test]
fn long_trials_do_not_make_the_server_unresponsive() {
    let output = flagpole("compare --latency 2100ms --flags 1 --strategy sequential --rounds 7");
    assert!(!output.stderr.contains("is unresponsive"), "{output}");
    assert_code_of_verdict(&output, 0);
}

#[test]
fn killed_trial_keeps_earlier_rounds() {
    let server = server_with("200ms", "");
    let line = "compare --flags 2 --strategy async --rounds 1000 --format json --url";
    let process = Sandbox::new().start(&format!("{line} {}", server.url()));
    wait_until("some rounds are over", || server.ledger().requests > 10);
    kill(first_child(&process, "trial"));
    let output = process.finish();
    output.assert_code(3);
    let message = "flagpole: invalid measurement: trial of `async` in round ";
    output.assert_stderr_starts_with(message);
    output.assert_stderr_contains(": the trial process ended with signal: 9 (SIGKILL)");
    let document = json(&output);
    assert!(strategies(&document)[0]["rounds"].as_array().unwrap().len() > 2);
    assert_eq!(document["cells"][0]["verdict"]["validity"], "INVALID");
}

#[test]
fn killed_server_is_named_as_the_reason() {
    let seed = unique_seed();
    let line = "compare --latency 20ms --flags 2 --strategy async --rounds 1000 --seed";
    let process = Sandbox::new().start(&format!("{line} {seed}"));
    wait_until("a trial runs", || {
        servers(seed).len() == 1 && !trials(&process).is_empty()
    });
    kill(servers(seed)[0]);
    let output = process.finish();
    output.assert_code(3);
    let message = "invalid measurement: the server process ended with signal: 9 (SIGKILL)";
    output.assert_stderr_contains(message);
    output.assert_stdout_starts_with("INVALID: ");
}

#[test]
fn failed_overhead_measurement_starts_no_comparison() {
    for (argument, message) in [
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
        let process = Sandbox::new().start(&format!("{line} --measure-overhead"));
        let child = first_child(&process, argument);
        if argument == "serve" {
            wait_until("a trial uses the server", || {
                trials(&process).into_iter().any(has_socket)
            });
        }
        kill(child);
        let output = process.finish();
        output.assert_code(2);
        assert_eq!(output.stderr, format!("flagpole: {message}\n"));
        assert_eq!(output.stdout, "");
    }
}

#[test]
fn interrupt_during_the_overhead_measurement_skips_all_cells() {
    let process = Sandbox::new().start("compare --latency 1h --format json");
    first_child(&process, "trial");
    process.signal(Signal::INT);
    let output = process.finish();
    output.assert_code(3);
    let message = "flagpole: 63 runs, about 27720 minutes\n\
                flagpole: invalid measurement: interrupted";
    output.assert_stderr_starts_with(message);
    assert_eq!(strategies(&json(&output)).len(), 0, "{output}");
}

#[test]
fn cell_whose_server_is_killed_keeps_earlier_cells() {
    let seed = unique_seed();
    let line =
        "compare --latency 1ms,5s --flags 2 --strategy async --rounds 2 --format json --seed";
    let process = Sandbox::new().start(&format!("{line} {seed}"));
    let first = first_child(&process, "serve");
    let second = || servers(seed).into_iter().find(|&pid| pid != first);
    wait_until("a trial uses the second server", || {
        second().is_some() && trials(&process).into_iter().any(has_socket)
    });
    kill(second().unwrap());
    let output = process.finish();
    output.assert_code(3);
    let document = json(&output);
    assert_eq!(strategies(&document)[0]["ok"], 4, "{output}");
    let failed = &document["cells"][1];
    assert_eq!(failed["verdict"]["validity"], "INVALID", "{output}");
}

/// The output of a comparison whose processes are stopped.
fn run_with_stopped_processes(
    stopped: impl Fn(&RunningCommand, u64) -> Vec<u32>,
    interrupts: bool,
) -> CommandOutput {
    let (process, seed) = start_endless();
    let _stopped = StoppedProcess::all(&stopped(&process, seed));
    if interrupts {
        process.signal(Signal::INT);
    }
    let output = process.finish();
    output.assert_code(3);
    output.assert_stdout_starts_with("INVALID: ");
    assert!(servers(seed).is_empty());
    output
}

#[test]
fn hung_trial_is_reported_as_unresponsive() {
    let output = run_with_stopped_processes(|process, _| trials(process), false);
    output.assert_stderr_contains(" in the warm-up round: the trial process is unresponsive");
}

#[test]
fn hung_server_is_reported_as_unresponsive() {
    let output = run_with_stopped_processes(|_, seed| servers(seed), false);
    output.assert_stderr_contains(" in the warm-up round: the server process is unresponsive");
}

#[test]
fn interrupt_ends_hung_processes() {
    let all = |process: &RunningCommand, seed| [trials(process), servers(seed)].concat();
    let output = run_with_stopped_processes(all, true);
    output.assert_stderr_contains(": interrupted");
}

/// The server needs open files for its control plane besides those for connections.
#[test]
fn few_open_files_are_enough_for_the_concurrency_that_they_allow() {
    let line = "compare --latency 1ms --flags 30 --strategy async -c 30 --rounds 2 --format json";
    let process = Sandbox::new().start_after("ulimit -n 100", line);
    let output = process.finish();
    let document = json(&output);
    assert_eq!(strategies(&document)[0]["ok"], 60, "{output}");
    assert!(!output.stderr.contains("waited"), "{output}");
}

#[test]
fn server_serves_files_that_faults_name() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("a \"b\".html"), "sorry").unwrap();
    fs::write(
        sandbox.path("mine.toml"),
        "flags = 3\nrounds = 1\n[grid]\nstrategies = [\"async\"]\n[server]\n\
         faults = ['503,body-file=a \"b\".html@100%']\n",
    )
    .unwrap();
    let output = sandbox.run("compare mine.toml --format json");
    let document = json(&output);
    let server = &document["cells"][0]["server"];
    // A round that is stalled is repeated.
    assert_eq!(server["by_status"]["503"], server["requests"], "{output}");
    assert_eq!(server["completed"], server["requests"], "{output}");
}
