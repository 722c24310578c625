//! The files of a run: records, interval log, result, baseline, and the run itself.

use super::result;
use crate::compare::{assert_code_of_verdict, is_invalid};
use crate::harness::Sandbox;
use crate::servers::server_with;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

#[test]
fn records_are_one_line_per_attempt() {
    let (server, sandbox) = (server_with("0", "503@50%"), Sandbox::new());
    let url = format!("{}/flags/br/br.gif", server.url());
    result(
        &sandbox,
        &format!("{url} -n 200 -c 4 --records r.jsonl --retries 2 --backoff 1ms..1ms"),
    );
    let text = fs::read_to_string(sandbox.path("r.jsonl")).unwrap();
    let records: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(records.len() as u64, server.ledger().requests);
    let ends = records.iter().filter(|record| record["is_final"] == true);
    assert_eq!(ends.count(), 200);
}

#[test]
fn interval_log_has_histograms_of_each_second() {
    let (server, sandbox) = (server_with("0", ""), Sandbox::new());
    let url = format!("{}/flags/br/br.gif", server.url());
    result(
        &sandbox,
        &format!("{url} --rate 100/s -z 1500ms --hlog run.hlog"),
    );
    let log = fs::read(sandbox.path("run.hlog")).unwrap();
    let entries = IntervalLogIterator::new(&log).map(Result::unwrap);
    let tags = entries.filter_map(|entry| match entry {
        LogEntry::Interval(interval) => {
            Some(interval.tag().map_or("", |tag| tag.as_str()).to_owned())
        }
        _ => None,
    });
    let mut counts = BTreeMap::new();
    for tag in tags {
        *counts.entry(tag).or_insert(0) += 1;
    }
    for tag in ["", "service", "failed", "response:ok", "lateness"] {
        assert_eq!(counts.get(tag), Some(&2), "{tag}: {counts:?}");
    }
}

#[test]
fn saved_run_can_be_repeated_and_changed() {
    let sandbox = Sandbox::new();
    let options = "--latency 2ms --fault 404@10% --seed 9 -c 3 -n 50 --retries 1 -H Accept:*/* --fail-if p50>100s";
    let options = format!("{options} --save mine.toml");
    let (_, first) = result(&sandbox, &options);
    let saved = fs::read_to_string(sandbox.path("mine.toml")).unwrap();
    let (output, second) = result(&sandbox, "mine.toml");
    assert_code_of_verdict(&output, 0);
    assert_eq!(first["figures"]["failed"], second["figures"]["failed"]);
    assert_eq!(
        sandbox.run("load mine.toml --print-experiment").stdout,
        saved
    );
    let (_, changed) = result(&sandbox, "mine.toml -n 20 --fault 404@100%");
    assert_eq!(changed["figures"]["failed"], 20);
}

#[test]
fn condition_on_a_baseline_decides_the_exit_code() {
    let (server, sandbox) = (server_with("0", ""), Sandbox::new());
    let slow = server_with("30ms", "");
    let url =
        |server: &flagpole_server::BlockingServer| format!("{}/flags/br/br.gif", server.url());
    let (first, _) = result(
        &sandbox,
        &format!("{} -n 200 -c 2 --result base.json", url(&server)),
    );
    assert_code_of_verdict(&first, 0);
    let line = |url: String, condition: &str| {
        format!("{url} -n 200 -c 2 --baseline base.json --fail-if {condition}")
    };
    let (output, document) = result(&sandbox, &line(url(&slow), "p50/baseline>2"));
    assert_code_of_verdict(&output, 1);
    assert_eq!(document["conditions"][0]["status"], "holds");
    let (output, _) = result(&sandbox, &line(url(&slow), "p50/baseline>1000000"));
    assert_code_of_verdict(&output, 0);
}

#[test]
fn every_format_is_written() {
    let (server, sandbox) = (server_with("0", ""), Sandbox::new());
    let url = format!("{}/flags/br/br.gif", server.url());
    for (format, start) in [
        ("text", ""),
        ("json", "{"),
        ("markdown", "**"),
        ("csv", "scope,"),
    ] {
        let output = sandbox.run(&format!("load {url} -n 300 --quiet --format {format}"));
        assert_code_of_verdict(&output, 0);
        output.assert_stdout_starts_with(start);
        assert!(output.stdout.lines().count() > 2, "{output}");
        assert!(
            output.stderr.is_empty() || is_invalid(&output.stderr),
            "{output}"
        );
    }
}

#[test]
fn metrics_are_served_while_the_run_goes_on() {
    let (server, sandbox) = (server_with("0", ""), Sandbox::new());
    let line = format!(
        "load {}/flags/br/br.gif --no-tui -z 1h --prometheus 0",
        server.url()
    );
    let mut run = sandbox.start(&line);
    let announced = run.stderr_line();
    let url = announced.trim().strip_prefix("metrics at ").unwrap();
    let address = url
        .strip_prefix("http://")
        .unwrap()
        .strip_suffix("/metrics")
        .unwrap();
    crate::harness::wait_until("requests are counted", || {
        let text = metrics(address);
        text.contains("\nflagpole_load_requests_total{outcome=\"ok\"} ")
    });
}

fn metrics(address: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}
