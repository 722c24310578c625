//! The examples about threads, tasks, futures and waiting.

use super::run;
use flagpole_server::BlockingServer;
use std::time::{Duration, Instant};

/// The last word of the line that starts with `prefix`.
fn last_word<'a>(out: &'a str, prefix: &str) -> &'a str {
    let line = out.lines().find(|line| line.starts_with(prefix));
    let line = line.unwrap_or_else(|| panic!("no line `{prefix}`:\n{out}"));
    line.split_whitespace().last().unwrap()
}

/// Runs a spinner for 3 s and checks its output: the object, the frames, the cleared line, the
/// answer.
fn check_spinner(name: &str, object: &str) {
    let start = Instant::now();
    let out = run(name, &[]);
    assert!(start.elapsed() >= Duration::from_secs(3));
    let (line, rest) = out.split_once('\n').unwrap();
    assert!(
        line.starts_with(&format!("spinner object: {object}")),
        "{line}"
    );
    let frames = rest.matches("thinking!").count();
    let back = "\x08".repeat(11);
    let spinner = r"|/-\".chars().cycle().take(frames);
    let drawn: Vec<_> = spinner
        .map(|frame| format!("{frame} thinking!{back}"))
        .collect();
    assert_eq!(
        rest,
        format!("{}{}{back}Answer 42\n", drawn.concat(), " ".repeat(11))
    );
    assert!(frames > 0);
}

#[test]
fn thread_spinner_stops_and_clears_its_line() {
    check_spinner("spinner_thread", "Thread {");
}

#[test]
fn task_spinner_stops_and_clears_its_line() {
    check_spinner("spinner_async", "JoinHandle {");
}

#[test]
fn blocked_event_loop_draws_no_frames_and_spawn_blocking_restores_them() {
    // On a busy machine even a free event loop may draw no frame for a while; longer runs are
    // tried.
    let is_unblocked = ["0.2", "1", "4"].into_iter().any(|seconds| {
        let out = run("blocking_the_loop", &[seconds]);
        let frames = |what| last_word(&out, what).parse::<u32>().unwrap();
        assert_eq!(frames("thread::sleep on the loop"), 0);
        assert_eq!(frames("save on the loop"), 0);
        frames("tokio::time::sleep, awaited") > 0
            && frames("thread::sleep by spawn_blocking") > 0
            && frames("save by spawn_blocking") > 0
    });
    assert!(is_unblocked);
}

#[test]
fn callbacks_and_await_give_equal_results_and_errors() {
    let results = [
        "request -> answer 1 -> answer 2 -> answer 3",
        "*** stage 1 failed",
        "*** stage 2 failed",
        "*** stage 3 failed",
    ];
    let twice = results.map(|result| format!("callbacks: {result}\nawait    : {result}\n"));
    assert_eq!(run("callbacks", &[]), twice.concat());
}

#[test]
fn futures_example_prints_the_documented_results() {
    let out = run("futures", &[]);
    let lines = [
        ("a future never polled has run", "false"),
        ("a future awaited has run", "true"),
        ("result before it is set", "Err(Empty)"),
        ("it can be set", "true"),
        ("result after it is set", "Ok(42)"),
        ("the sender was dropped", "Err(RecvError(()))"),
        ("a task just spawned is done", "false"),
        ("one turn of the loop later", "true"),
        ("its result", "42"),
        ("a callback on completion", "\"received 42\""),
        (
            "an error is kept until awaited",
            "Err(ParseIntError { kind: InvalidDigit })",
        ),
        ("a task that was cancelled", "true"),
        ("a result within 50 ms", "false"),
        ("the task was harmed", "false"),
        ("it can be set", "true"),
        ("its result", "42"),
        (
            "wait for 50 ms",
            "done [Ok(1), Ok(2), Err(\"no 3\")], pending 1",
        ),
        ("wait for the first", "done [Ok(1)], pending 3"),
        (
            "wait for the first error",
            "done [Ok(1), Ok(2), Err(\"no 3\")], pending 1",
        ),
        ("wait for all", "done [Ok(1), Ok(2)], pending 0"),
    ];
    let lines = lines.map(|(what, result)| format!("{what:<40}{result}\n"));
    assert_eq!(out, lines.concat());
}

#[test]
fn updates_without_a_lock_are_lost_between_threads_and_across_awaits() {
    let out = run("locks", &[]);
    let lost = |what: &str| {
        let line = out
            .lines()
            .find(|line| line.starts_with(&format!("{what}  ")));
        let words: Vec<_> = line.unwrap().split_whitespace().rev().collect();
        let [counted, lost] = [2, 1].map(|at| words[at].parse::<u32>().unwrap());
        assert_eq!(counted + lost, 2000);
        lost
    };
    assert_eq!(lost("threads, no lock"), 1000);
    assert_eq!(lost("threads, a lock"), 0);
    assert_eq!(lost("threads, one step (fetch_add)"), 0);
    assert_eq!(lost("tasks, no lock"), 0);
    assert!(lost("tasks, no lock, an await in the middle") > 0);
    assert_eq!(lost("tasks, a lock, an await in the middle"), 0);
}

#[test]
fn latency_ladder_measures_every_step_and_says_how() {
    let server = BlockingServer::builder().start().unwrap();
    let out = run("latency_ladder", &[&server.url()]);
    let (table, notes) = out.split_once("\nhow it was measured\n").unwrap();
    let nanos = |step: &str| -> f64 {
        let row = table
            .lines()
            .find_map(|line| line.strip_prefix(step))
            .unwrap();
        let mut words = row.split_whitespace();
        let nanos = words.next().unwrap().parse().unwrap();
        assert!(
            words.next().unwrap().parse::<f64>().unwrap() >= 1.0,
            "{row}"
        );
        nanos
    };
    for step in [
        "L1 cache",
        "L2 cache",
        "L3 cache",
        "loopback HTTP",
        "HTTP, the URL given",
    ] {
        assert!(nanos(step) > 0.0);
        assert!(notes.contains(&format!("\n{step}: ")), "{notes}");
    }
    // Holds on any machine: the least of many rounds, and a delay that is never early.
    assert!(nanos("L1 cache") < nanos("memory"));
    assert!(nanos("HTTP, 50 ms injected") >= 50e6);
    let disk = table.lines().find_map(|line| line.strip_prefix("disk"));
    let why_not = disk.unwrap().trim_start().strip_prefix('-');
    assert!(
        why_not.is_some_and(|why| why.len() > 20) || nanos("disk") > 0.0,
        "{table}"
    );
    assert!(
        notes.contains("\ndisk: ") && notes.starts_with("a cycle: "),
        "{notes}"
    );
}
