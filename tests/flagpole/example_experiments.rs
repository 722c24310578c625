//! The built-in experiments that compare the programs of `examples/clients` with the strategies.

use crate::harness::{DEADLINE, FLAGPOLE, Sandbox};
use crate::tools;
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;

/// Reasons that a busy machine gives. None of them is about what the programs did.
const OF_THE_MACHINE: [&str; 8] = [
    "server_late",
    "processor_lost",
    "response_excess",
    "client_saturated",
    "machine_saturated",
    "busy_time_mismatch",
    "rounds_drift",
    "few_rounds",
];

#[test]
fn python_programs_and_strategies_meet_identical_fates() {
    let needed = ["python3", "-c", "import requests, aiohttp"];
    if !tools::is_installed("the experiment `python`", &needed) {
        return;
    }
    let faults = "--latency uniform:5ms..30ms --fault 404@10% --fault 500@10%";
    let document = run(&format!("python --rounds 2 {faults}"), &tools::path());
    let names = column(&document, "name");
    let programs = ["py-asyncio", "py-sequential", "py-threads"];
    assert_eq!(names[..3], ["sequential", "threads", "async"]);
    assert_eq!(names[3..], programs);
    assert_alike(&document);
}

#[test]
fn libraries_that_are_there_meet_identical_fates() {
    let document = run("libraries --rounds 1 --flags 10 -c 3", &tools::path());
    let (names, skipped) = (column(&document, "name"), skipped(&document));
    assert_eq!(names.len() + skipped.len(), 10, "{names:?}, {skipped:?}");
    assert_alike(&document);
}

#[test]
fn libraries_that_are_missing_are_named_with_a_way_to_get_them() {
    let document = run("libraries --rounds 1 --flags 2", OsStr::new("/nowhere"));
    assert_eq!(column(&document, "name"), ["threads", "async"]);
    let programs = [
        "aiohttp", "curl", "go", "httpx", "node", "requests", "reqwest", "ureq",
    ];
    let skipped = skipped(&document);
    let names: Vec<_> = skipped
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, programs);
    for one in skipped {
        assert!(one["install"].is_string(), "{one}");
    }
}

/// Every contender met the same fates, each program did only what it was asked for, and nothing but the machine is a reason to
/// doubt the figures.
fn assert_alike(document: &Value) {
    let digests = column(document, "fates_digest");
    assert!(digests[0].is_string());
    assert!(
        digests.iter().all(|digest| *digest == digests[0]),
        "{digests:?}"
    );
    for program in column(document, "program") {
        let exits = program["exits"].as_object();
        let exits: Vec<_> = exits.into_iter().flat_map(|exits| exits.keys()).collect();
        assert!(exits.iter().all(|exit| *exit == "exit_0"), "{program}");
    }
    let reasons = document["cells"][0]["verdict"]["reasons"]
        .as_array()
        .unwrap();
    for reason in reasons {
        let label = reason["label"].as_str().unwrap();
        assert!(OF_THE_MACHINE.contains(&label), "{reason}");
    }
}

fn skipped(document: &Value) -> &Vec<Value> {
    document["skipped"].as_array().unwrap()
}

fn column<'a>(document: &'a Value, key: &str) -> Vec<&'a Value> {
    let strategies = document["cells"][0]["strategies"].as_array().unwrap();
    strategies.iter().map(|strategy| &strategy[key]).collect()
}

/// The result of an experiment, with this search path.
fn run(line: &str, path: &OsStr) -> Value {
    let sandbox = Sandbox::new();
    let result = sandbox.path("result.json");
    let mut command = assert_cmd::Command::new(FLAGPOLE);
    let command = command.arg("compare").args(line.split_whitespace());
    let command = command.arg("--result").arg(&result).env("PATH", path);
    let output = command.timeout(DEADLINE).output().unwrap();
    let text = fs::read(&result).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    serde_json::from_slice(&text).unwrap()
}
