//! `flagpole get --resume`: complete files are not fetched again, partial ones are continued, and
//! no response makes a wrong file.

mod complete_files;
mod interruptions;
mod partial_files;

use crate::combos::{expected_flags, files, original_body, sizes};
use crate::harness::{CommandOutput, Sandbox};
use flagpole_protocol::Resource;
use flagpole_server::{BlockingServer, Rule};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// An event loop and threads.
const COMBOS: [&str; 2] = ["--strategy async", "--strategy threads"];

fn get(sandbox: &Sandbox, server: &BlockingServer, options: &str) -> CommandOutput {
    sandbox.run(&format!("get --url {} {options}", server.url()))
}

/// Injects these faults into the first responses for each resource, one after the other.
fn failing(faults: &[&str]) -> BlockingServer {
    let rules = (1..).zip(faults).map(|(n, fault)| {
        let rule = Rule::default().n(n.to_string().parse().unwrap());
        rule.fault(fault.parse().unwrap())
    });
    let builder = BlockingServer::builder().journal_capacity(100_000);
    rules
        .fold(builder, flagpole_server::ServerBuilder::rule)
        .start()
        .unwrap()
}

fn saved(sandbox: &Sandbox, name: &str) -> PathBuf {
    sandbox.path("downloaded").join(name)
}

fn brazil_flag() -> Vec<u8> {
    original_body(Resource::Flag("BR".parse().unwrap()))
}

/// Exactly the flags of these codes are saved.
fn assert_saved(sandbox: &Sandbox, codes: &str) {
    let (found, expected) = (files(&sandbox.path("downloaded")), expected_flags(codes));
    assert!(
        found == expected,
        "{:?}, expected {:?}",
        sizes(&found),
        sizes(&expected)
    );
}

fn records(sandbox: &Sandbox) -> Vec<Value> {
    let lines = fs::read_to_string(sandbox.path("r.jsonl")).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn attempts(sandbox: &Sandbox) -> Vec<(u64, u64)> {
    let number = |record: &Value, key: &str| record[key].as_u64().unwrap();
    let records = records(sandbox);
    let attempts = records
        .iter()
        .map(|r| (number(r, "status"), number(r, "bytes")));
    attempts.collect()
}

/// Every byte received is in a file, in a partial file, or wasted. Returns the number of wasted
/// bytes. The folder must have been empty before the run.
fn assert_accounted(sandbox: &Sandbox, output: &CommandOutput) -> u64 {
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    let number = |key: &str| document[key].as_u64().unwrap();
    let body_len = |(name, body): (String, Vec<u8>)| {
        let is_partial = name.strip_suffix(".part").is_some();
        let head = body.iter().position(|&byte| byte == b'\n');
        body.len() - if is_partial { head.unwrap() + 1 } else { 0 }
    };
    let saved_bytes: usize = files(&sandbox.path("downloaded"))
        .into_iter()
        .map(body_len)
        .sum();
    assert_eq!(
        number("bytes") - number("wasted_bytes"),
        saved_bytes as u64,
        "{output}"
    );
    number("wasted_bytes")
}
