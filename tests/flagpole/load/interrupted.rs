//! Signals and conditions that end a run early: what was measured is kept.

use super::{result, unix_seconds};
use crate::harness::{RunningCommand, Sandbox, wait_until};
use crate::servers::server_with;
use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs;

fn signal(run: &RunningCommand, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(run.pid()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

#[test]
fn first_signal_ends_the_run_and_reports_it() {
    let (server, sandbox) = (server_with("0", ""), Sandbox::new());
    let url = format!("{}/flags/br/br.gif", server.url());
    let line = format!("load {url} -z 1h -c 4 --quiet --format json --records r.jsonl");
    let run = sandbox.start(&line);
    wait_until("requests arrive", || server.ledger().requests > 100);
    signal(&run, Signal::INT);
    let output = run.finish();
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["stop"]["kind"], "interrupted", "{output}");
    let records = fs::read_to_string(sandbox.path("r.jsonl")).unwrap();
    assert_eq!(
        records.lines().count() as u64,
        document["figures"]["attempts"].as_u64().unwrap()
    );
    assert_eq!(server.ledger().requests, document["figures"]["attempts"]);
}

#[rstest]
#[case(Signal::INT)]
#[case(Signal::TERM)]
fn signal_ends_a_run_that_waits_for_its_start(#[case] kind: Signal) {
    let (server, sandbox) = (server_with("0", ""), Sandbox::new());
    let start = unix_seconds() + 3600;
    let run = sandbox.start(&format!(
        "load {} -z 1h -c 4 --quiet --format json --start-at {start} --hlog a.hlog",
        server.url()
    ));
    // The log is created before the wait, which follows the handlers of signals.
    wait_until("the log is open", || sandbox.path("a.hlog").exists());
    std::thread::sleep(std::time::Duration::from_millis(300));
    signal(&run, kind);
    let output = run.finish();
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["stop"]["kind"], "interrupted", "{output}");
    output.assert_stderr_contains("flagpole: starts at 20");
    output.assert_stderr_contains("interrupted before the start; no request was made");
    assert_eq!(server.ledger().requests, 0);
}

#[test]
fn second_signal_does_not_wait_for_responses() {
    let (server, sandbox) = (server_with("1h", ""), Sandbox::new());
    let url = format!("{}/flags/br/br.gif", server.url());
    let line = format!("load {url} -z 1h -c 4 --grace 1h --quiet --format json");
    let run = sandbox.start(&line);
    wait_until("requests arrive", || server.ledger().requests >= 4);
    signal(&run, Signal::INT);
    // Both signals must be seen.
    std::thread::sleep(std::time::Duration::from_millis(100));
    signal(&run, Signal::TERM);
    let output = run.finish();
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(document["figures"]["unfinished"], 4, "{output}");
}

#[test]
fn condition_ends_a_run_early() {
    let server = server_with("0", "503@100%");
    let url = format!("{}/flags/br/br.gif", server.url());
    let (_, document) = result(
        &Sandbox::new(),
        &format!("{url} -z 1h -c 2 --abort-if errors>50%"),
    );
    assert_eq!(document["stop"]["kind"], "aborted", "{document}");
}

#[test]
fn refused_connections_end_the_run() {
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let (output, document) = result(&Sandbox::new(), &format!("http://{address}/ -z 1h -c 2"));
    output.assert_code(3);
    assert_eq!(document["stop"]["kind"], "server_gone", "{document}");
}
