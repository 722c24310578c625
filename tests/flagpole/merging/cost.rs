//! What merging many logs takes: open files, and memory.

use super::{text, two_logs};
use crate::harness::Sandbox;
use crate::processes::memory;
use std::fs;
use std::thread;
use std::time::Duration;

/// Copies of a log with these numbers, each of another process.
fn copies(sandbox: &Sandbox, numbers: std::ops::Range<u32>) -> String {
    let log = text(sandbox, "a.hlog");
    let start = log.find("\"process\":\"").unwrap() + "\"process\":\"".len();
    let name = log[start..].split('"').next().unwrap().to_owned();
    let names = numbers.map(|number| {
        let file = format!("{number}.hlog");
        let copy = log.replace(&name, &format!("host_{number}"));
        fs::write(sandbox.path(&file), copy).unwrap();
        file
    });
    names.collect::<Vec<_>>().join(" ")
}

#[test]
fn one_log_is_open_at_a_time() {
    let sandbox = two_logs();
    let files = copies(&sandbox, 0..60);
    let run = sandbox.start_after("ulimit -n 20", &format!("merge {files} --format json"));
    let output = run.finish();
    assert!(matches!(output.code, Some(0 | 3)), "{output}");
    let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let of_one = super::json(&sandbox, "a.json");
    let of_one = of_one["figures"]["requests"].as_u64().unwrap();
    assert_eq!(document["figures"]["requests"], 60 * of_one);
}

/// The peak memory in KiB of a merge.
fn peak(sandbox: &Sandbox, files: &str) -> u64 {
    // A full pipe would stop it.
    let line = format!("merge {files} --format json > /dev/null 2> /dev/null");
    let mut run = sandbox.start_after("true", &line);
    let mut peak = 0;
    while !run.has_exited() {
        peak = peak.max(memory(run.pid(), "VmHWM").unwrap_or(0));
        thread::sleep(Duration::from_millis(1));
    }
    peak
}

#[test]
fn memory_grows_by_the_figures_of_a_process_only() {
    let sandbox = two_logs();
    let (few, many) = (copies(&sandbox, 0..10), copies(&sandbox, 10..210));
    let [few, many] = [few, many].map(|files| peak(&sandbox, &files));
    let each = many.saturating_sub(few) / 200;
    println!("{few} KiB for 10 logs, {many} KiB for 200: {each} KiB each");
    // A histogram of the whole range takes 230 KiB.
    assert!(each < 60, "{few} KiB for 10 logs, {many} KiB for 200");
}
