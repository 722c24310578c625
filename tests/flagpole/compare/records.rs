//! `compare --records`: a result can be recomputed from the attempts.

use super::{assert_code_of_verdict, column, strategies};
use crate::harness::Sandbox;
use flagpole_analysis::comparison::{ResourceUsage, Trial};
use flagpole_analysis::evaluation::{MeasuredCell, MeasuredStrategy};
use flagpole_analysis::validity::LostTime;
use flagpole_protocol::{AttemptRecord, MeasuredRun, RunStats};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

const LINE: &str = "compare --flags 12 -c 4 --strategy threads,async --latency uniform:1ms..9ms --fault 500@20% \
                    --fault 404@10% --retries 2 --backoff 1ms..2ms --rounds 6";

/// What a result has that depends on nothing but the attempts.
const RECOMPUTED: &[&str] = &[
    "name",
    "concurrency",
    "wall_us",
    "ratios",
    "goodput_per_s",
    "requests_per_s",
    "bound_us",
    "efficiency",
    "download_time",
    "response_time",
    "service_time",
    "ok",
    "not_found",
    "error",
    "unstarted",
    "attempts",
    "retries",
    "hedges",
    "fates_compared",
    "timing_dependent",
    "fates_digest",
    "failures",
    "percentiles",
    "median_round",
    "median_round_attempt_count",
    "median_round_attempts",
];

fn lines(sandbox: &Sandbox, file: &str) -> Vec<Value> {
    let text = fs::read_to_string(sandbox.path(file)).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn number(line: &Value, key: &str) -> usize {
    usize::try_from(line[key].as_u64().unwrap()).unwrap()
}

/// The attempt of a line. The label of its outcome becomes the outcome.
fn record(line: &Value) -> AttemptRecord {
    let mut line = line.clone();
    line["outcome"] = match line["outcome"].as_str().unwrap() {
        "ok" => json!("Ok"),
        "not_found" => json!("NotFound"),
        "http_500" => json!({ "Http": 500 }),
        other => panic!("unexpected outcome `{other}`"),
    };
    serde_json::from_value(line).unwrap()
}

/// The kept trials of a strategy: the lines by their rounds.
fn trials(lines: &[Value], strategy: &str) -> Vec<Trial> {
    let kept = lines
        .iter()
        .filter(|line| line["kept"] == true && line["strategy"] == strategy);
    let mut rounds: BTreeMap<usize, Vec<&Value>> = BTreeMap::new();
    for line in kept {
        rounds.entry(number(line, "round")).or_default().push(line);
    }
    let trial = |(round, lines): (usize, Vec<&Value>)| {
        let records: Vec<_> = lines.iter().map(|line| record(line)).collect();
        Trial {
            program: None,
            round,
            position: 1,
            measured: MeasuredRun {
                strategy: "recomputed",
                concurrency: number(lines[0], "concurrency"),
                wall: Duration::from_micros(lines[0]["wall_us"].as_u64().unwrap()),
                timeout: None,
                stats: RunStats::from_records(&records),
                records,
            },
            resource_usage: ResourceUsage::default(),
            lost: LostTime::default(),
            terms: None,
            server: None,
        }
    };
    rounds.into_iter().map(trial).collect()
}

/// Equal but for the rounding of wall times to microseconds.
fn is_close(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            (one - other).abs() <= 1e-3 * one.abs().max(other.abs())
        }
        (Value::Array(ones), Value::Array(others)) => {
            ones.len() == others.len()
                && ones
                    .iter()
                    .zip(others)
                    .all(|(one, other)| is_close(one, other))
        }
        (Value::Object(ones), Value::Object(others)) => {
            let is_close = |(key, one): (&String, &Value)| {
                others.get(key).is_some_and(|other| is_close(one, other))
            };
            ones.len() == others.len() && ones.iter().all(is_close)
        }
        _ => one == other,
    }
}

#[test]
fn result_can_be_recomputed_from_the_records_alone() {
    let sandbox = Sandbox::new();
    let output = sandbox.run(&format!("{LINE} --records r.jsonl --result r.json"));
    assert_code_of_verdict(&output, 0);
    let text = fs::read_to_string(sandbox.path("r.json")).unwrap();
    let result: Value = serde_json::from_str(&text).unwrap();
    let lines = lines(&sandbox, "r.jsonl");
    let names: Vec<_> = column(&result, "name")
        .into_iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    let measured = names.iter().map(|name| MeasuredStrategy {
        name: (*name).to_owned(),
        trials: trials(&lines, name),
        ..MeasuredStrategy::default()
    });
    let cell = MeasuredCell {
        strategies: measured.collect(),
        ..MeasuredCell::default()
    }
    .evaluate();
    assert_eq!(json!(cell.reference), result["cells"][0]["reference"]);
    for (recomputed, expected) in cell.strategies.iter().zip(strategies(&result)) {
        let recomputed = serde_json::to_value(recomputed).unwrap();
        assert!(
            expected["fates_digest"].is_string() && expected["efficiency"].is_number(),
            "{output}"
        );
        for key in RECOMPUTED {
            let (one, other) = (&recomputed[key], &expected[key]);
            assert!(is_close(one, other), "{key}: {one:#} and {other:#}");
        }
    }
}

#[test]
fn records_have_every_round_and_say_which_is_kept() {
    let sandbox = Sandbox::new();
    let output = sandbox.run("compare --latency 0,1ms --flags 2 --strategy async --rounds 2 --records r.jsonl --format json");
    assert_code_of_verdict(&output, 0);
    let result: Value = serde_json::from_str(&output.stdout).unwrap();
    let lines = lines(&sandbox, "r.jsonl");
    for (cell, number) in result["cells"].as_array().unwrap().iter().zip(1..) {
        let lines: Vec<_> = lines.iter().filter(|line| line["cell"] == number).collect();
        let kept = lines.iter().filter(|line| line["kept"] == true).count();
        assert_eq!(json!(kept), cell["strategies"][0]["attempts"], "{output}");
        assert_eq!(json!(lines.len()), cell["server"]["requests"], "{output}");
        let is_warm_up = |line: &&&Value| line["round"] == 0;
        let mut warm_up = lines.iter().filter(is_warm_up);
        assert!(
            warm_up.all(|line| line["kept"] == false && line["conditions"] == cell["conditions"])
        );
        assert_eq!(lines.iter().filter(is_warm_up).count(), 2);
    }
}

/// The records of attempts without a head are completed with what the server had planned, even if that is endless.
#[test]
fn endless_plan_is_recorded() {
    let sandbox = Sandbox::new();
    let line =
        "compare --latency 1ms --fault hang --timeout 20ms --flags 1 --strategy async --rounds 1";
    let output = sandbox.run(&format!("{line} --records r.jsonl"));
    assert_code_of_verdict(&output, 0);
    let lines = lines(&sandbox, "r.jsonl");
    assert_eq!(lines[0]["timeout_us"], 20_000);
    assert_eq!(lines[0]["timing"]["paced_head_us"], u64::MAX);
}

#[cfg(unix)]
#[test]
fn interrupted_comparison_keeps_its_records() {
    let (sandbox, server) = (Sandbox::new(), crate::servers::server_with("1ms", ""));
    let line = "compare --flags 2 --strategy async --rounds 1000 --records r.jsonl --url";
    let process = sandbox.start(&format!("{line} {}", server.url()));
    crate::harness::wait_until("some rounds are over", || server.ledger().requests > 10);
    process.signal(rustix::process::Signal::INT);
    process.finish().assert_code(3);
    let lines = lines(&sandbox, "r.jsonl");
    // An attempt may be cancelled before its request is sent.
    assert!(lines.len() as u64 >= server.ledger().requests);
    assert!(lines.iter().any(|line| line["kept"] == true));
}

#[test]
fn files_must_differ() {
    let sandbox = Sandbox::new();
    for (line, message) in [
        (
            "--records x --result x",
            "--records: expected another file than that of --result",
        ),
        (
            "--records x --save ./x",
            "--save: expected another file than that of --records",
        ),
        (
            "--records missing/x",
            "--records: missing/x: No such file or directory (os error 2)",
        ),
    ] {
        let output = sandbox.run(&format!("compare {line}"));
        output.assert_code(2);
        output.assert_stderr_contains(message);
    }
    assert!(!sandbox.path("x").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_fails_the_command_after_the_table() {
    let sandbox = Sandbox::new();
    let output = sandbox
        .run("compare --latency 1ms --flags 1 --strategy async --rounds 1 --records /dev/full");
    assert_code_of_verdict(&output, 1);
    output.assert_stderr_contains(
        "flagpole: --records: `/dev/full` is incomplete: No space left on device",
    );
    output.assert_stdout_contains("\nasync ");
}
