//! The formats of `flagpole get`: JSON, CSV, records and colours.

use super::get;
use crate::combos::original_body;
use crate::harness::Sandbox;
use crate::servers::server_with;
use flagpole_protocol::Resource;
use serde_json::Value;
use std::fs;
use std::process::Command;

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn json_has_totals_and_final_attempts() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", "500@30%"));
    let output = get(&sandbox, &server, "--format json --all --limit 60");
    let by_status = server.ledger().by_status;
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["schema"], "flagpole.get/2");
    assert_eq!(document["downloads"]["ok"], by_status[&200]);
    assert_eq!(document["downloads"]["error"], by_status[&500]);
    assert_eq!(document["attempts"]["total"], 60);
    let failed = &document["outcomes"]["http_500"];
    assert_eq!(
        (&failed["attempts"], &failed["downloads"]),
        (&by_status[&500].into(), &by_status[&500].into())
    );
    // The body of an error response is the status's reason phrase.
    assert_eq!(document["wasted_bytes"], 26 * by_status[&500]);
    let final_attempts = document["final_attempts"].as_array().unwrap();
    let in_order = final_attempts
        .iter()
        .zip(1..)
        .all(|(record, number)| record["download"] == number);
    assert!(in_order && final_attempts.len() == 60);
    let bytes: u64 = final_attempts
        .iter()
        .map(|record| record["bytes"].as_u64().unwrap())
        .sum();
    assert_eq!(document["bytes"], bytes);
    let time = |key: &str| document["response_time"][key].as_u64().unwrap();
    assert!(time("p50_us") <= time("p99_us") && time("p99_us") <= time("max_us"));
}

#[test]
fn csv_has_one_row_per_download() {
    let output = get(
        &Sandbox::new(),
        &server_with("0", ""),
        "BR AA US --format csv",
    );
    let mut table = output
        .stdout
        .lines()
        .map(|line| line.split(',').collect::<Vec<_>>());
    let head = table.next().unwrap();
    assert_eq!(
        head[..5],
        ["code", "outcome", "status", "bytes", "attempts"]
    );
    let rows: Vec<_> = table.collect();
    assert!(rows.iter().all(|row| row.len() == head.len()));
    let columns: Vec<_> = rows
        .iter()
        .map(|row| (row[0], row[1], row[2], row[4]))
        .collect();
    let ok = |code| (code, "ok", "200", "1");
    assert_eq!(
        columns,
        [("AA", "not_found", "404", "1"), ok("BR"), ok("US")]
    );
}

#[test]
fn csv_row_counts_all_attempts_of_a_download() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", ""));
    let output = get(&sandbox, &server, "BR --metadata --format csv");
    let [flag, metadata] = [Resource::Flag, Resource::Metadata]
        .map(|resource| original_body(resource("BR".parse().unwrap())).len());
    let line = format!("\nBR,ok,200,{},2,", flag + metadata);
    output.assert_stdout_contains(&line);
    // The first attempt wins; its hedge counts as an attempt all the same.
    let slow = server_with("1s", "");
    let options = "BR -m 2 --hedge 500ms --hedge-share 100% --format";
    let output = get(&sandbox, &slow, &format!("{options} csv"));
    let line = output.stdout.lines().nth(1).unwrap();
    assert_eq!(line.split(',').nth(4), Some("2"), "{output}");
    let output = get(&sandbox, &slow, &format!("{options} json"));
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["attempts"]["per_download"], 2.0);
}

#[test]
fn csv_status_is_empty_without_a_response() {
    let output = get(
        &Sandbox::new(),
        &server_with("0", "empty"),
        "BR --format csv",
    );
    output.assert_stdout_contains("\nBR,empty_reply,,0,1,");
}

#[test]
fn records_have_one_line_per_attempt() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", "500@50%"));
    fs::write(
        sandbox.path("r.jsonl"),
        "a line of an older and longer file\n".repeat(1000),
    )
    .unwrap();
    get(
        &sandbox,
        &server,
        "--records r.jsonl --retries 3 --backoff 1ms..1ms",
    );
    let records = lines(&fs::read_to_string(sandbox.path("r.jsonl")).unwrap());
    assert_eq!(records.len() as u64, server.ledger().requests);
    let final_attempts = records
        .iter()
        .filter(|record| record["is_final"] == true)
        .count();
    assert_eq!(final_attempts, 20);
    assert!(
        records
            .iter()
            .all(|record| record["resource"].is_string() && record["done_us"].is_u64())
    );
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_is_reported_once_and_fails_the_command() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", ""));
    let output = get(&sandbox, &server, "BR --records /dev/full");
    output.assert_stdout_starts_with("1 flag downloaded\n");
    let message = "flagpole: --records: `/dev/full` is incomplete: ";
    assert_eq!(
        (output.code, output.stderr.matches(message).count()),
        (Some(1), 1),
        "{output}"
    );
    assert_eq!(sandbox.saved(), ["br.gif"]);
}

#[test]
fn colours_need_a_terminal_or_clicolor_force() {
    let (sandbox, server) = (Sandbox::new(), server_with("0", ""));
    let stderr_with = |variables: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flagpole"));
        command
            .args(["get", "AA", "-v", "--allow-missing", "--url", &server.url()])
            .current_dir(sandbox.path(""));
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR"] {
            command.env_remove(name);
        }
        let output = command.envs(variables.iter().copied()).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(stderr_with(&[]).ends_with("\nAA not found\n"));
    assert!(
        stderr_with(&[("CLICOLOR_FORCE", "1")]).ends_with("\n\u{1b}[33mAA not found\u{1b}[0m\n")
    );
}
