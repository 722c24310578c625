//! From the first users to the end.

use super::master::Master;
use crate::harness::{RunningCommand, Sandbox, wait_until};
use crate::servers::{finish, server_with};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::fs;

const FAULTS: &str = "500@5% reset@5% cut:50%@5%";

const CLASSES: &str = "[classes.Reader]
urls = [\"/flags/br/br.gif\", \"/flags/de/de.gif\"]
think = \"1ms\"

[classes.Writer]
urls = [\"/flags/us/us.gif\"]
rate_per_user = \"50/s\"
";

fn start(sandbox: &Sandbox, master: &Master, options: &str) -> RunningCommand {
    fs::write(sandbox.path("classes.toml"), CLASSES).unwrap();
    let port = master.port;
    sandbox.start(&format!(
        "worker classes.toml --worker --master-host=127.0.0.1 --master-port={port} {options}"
    ))
}

/// The attempts in the log of the only run. Those that were due when the run was stopped are in it, too.
fn logged_attempts(sandbox: &Sandbox) -> Value {
    merged(sandbox, &log_name(sandbox, ""))["attempts"].clone()
}

/// The file in a folder that is the log of the only run.
fn log_name(sandbox: &Sandbox, folder: &str) -> String {
    let names = fs::read_dir(sandbox.path(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap());
    let mut logs: Vec<_> = names.filter(|name| name.starts_with("run-1-")).collect();
    assert_eq!(logs.len(), 1, "{logs:?}");
    logs.remove(0)
}

/// The figures of a log.
fn merged(sandbox: &Sandbox, log: &str) -> Value {
    let merged = sandbox.run(&format!("merge --format json {log}"));
    let result: Value = serde_json::from_str(&merged.stdout).unwrap();
    result["figures"].clone()
}

#[test]
fn every_request_that_the_server_saw_is_reported() {
    let (sandbox, master, server) = (Sandbox::new(), Master::start(), server_with("2ms", FAULTS));
    let (url, control) = (server.url(), server.control());
    let worker = start(&sandbox, &master, "");
    for (timestamp, readers, writers) in [(1.0, 2, 1), (2.0, 9, 4), (3.0, 1, 0), (4.0, 5, 2)] {
        master.spawn(
            timestamp,
            &json!({"Reader": readers, "Writer": writers}),
            0.0,
            url.as_str(),
        );
        let before = control.ledger().requests;
        wait_until("requests", || control.ledger().requests > before + 20);
    }
    master.send("stop", Value::Null);
    master.wait("stopped", |seen| seen.count("client_ready") == 2);
    assert_eq!(master.seen().users, 0);
    master.send("quit", Value::Null);
    worker.finish().assert_code(0);
    let (ledger, _) = finish(server);
    assert_eq!(master.seen().requests, ledger.requests);
    assert!(master.seen().failures > 0);
    assert_eq!(logged_attempts(&sandbox), json!(ledger.requests));
}

#[test]
fn quit_reports_what_was_cut_off() {
    let (sandbox, master, server) = (Sandbox::new(), Master::start(), server_with("1h", ""));
    let worker = start(&sandbox, &master, "");
    master.spawn(
        1.0,
        &json!({"Reader": 5, "Writer": 0}),
        60.0,
        server.url().as_str(),
    );
    wait_until("requests", || server.control().ledger().requests == 5);
    master.send("quit", Value::Null);
    worker.finish().assert_code(0);
    let seen = master.seen();
    assert_eq!((seen.requests, seen.failures), (5, 5));
}

#[test]
fn signal_reports_the_rest_and_says_quit() {
    let (sandbox, master, server) = (Sandbox::new(), Master::start(), server_with("2ms", FAULTS));
    let worker = start(&sandbox, &master, "");
    master.spawn(
        1.0,
        &json!({"Reader": 4, "Writer": 1}),
        0.0,
        server.url().as_str(),
    );
    wait_until("requests", || server.control().ledger().requests > 50);
    worker.signal(Signal::TERM);
    worker.finish().assert_code(0);
    assert_eq!(master.seen().count("quit"), 1);
    let (ledger, _) = finish(server);
    assert_eq!(master.seen().requests, ledger.requests);
}

#[test]
fn second_signal_ends_at_once() {
    let (sandbox, master, server) = (Sandbox::new(), Master::start(), server_with("1h", ""));
    let mut worker = start(&sandbox, &master, "");
    master.spawn(
        1.0,
        &json!({"Reader": 1, "Writer": 0}),
        3600.0,
        server.url().as_str(),
    );
    wait_until("a request", || server.control().ledger().requests == 1);
    worker.signal(Signal::TERM);
    while !worker.stderr_line().contains("another signal") {}
    worker.signal(Signal::TERM);
    worker.finish().assert_code(143);
}

#[test]
fn log_has_what_a_lost_master_has_not() {
    let (sandbox, mut master, server) =
        (Sandbox::new(), Master::start(), server_with("2ms", FAULTS));
    let worker = start(&sandbox, &master, "--reconnect-timeout 5s");
    master.spawn(
        1.0,
        &json!({"Reader": 4, "Writer": 1}),
        0.0,
        server.url().as_str(),
    );
    wait_until("requests", || server.control().ledger().requests > 50);
    master.kill();
    let output = worker.finish();
    output.assert_code(1);
    output.assert_stderr_contains("the master may not have");
    output.assert_stderr_contains("run-1-");
    let (ledger, _) = finish(server);
    assert_eq!(logged_attempts(&sandbox), json!(ledger.requests));
}

#[test]
fn class_without_a_table_is_an_exception_of_the_run() {
    let (sandbox, master) = (Sandbox::new(), Master::start());
    let worker = start(&sandbox, &master, "--no-hlog");
    master.wait("ready", |seen| seen.count("client_ready") > 0);
    let data =
        json!({"timestamp": 1.0, "user_classes_count": {"Buyer": 2}, "host": "http://127.0.0.1:1"});
    master.send("spawn", data);
    master.wait("exception", |seen| !seen.exceptions.is_empty());
    assert!(master.seen().exceptions[0].contains("classes.toml: no `[classes.Buyer]`"));
    master.send("quit", Value::Null);
    let output = worker.finish();
    output.assert_code(1);
    output.assert_stderr_contains(
        "flagpole: the users of class Buyer did not run: classes.toml: no `[classes.Buyer]`",
    );
}

#[test]
fn reset_of_statistics_takes_nothing_from_the_log_whose_folder_is_created() {
    let (sandbox, master, server) = (Sandbox::new(), Master::start(), server_with("2ms", FAULTS));
    let worker = start(&sandbox, &master, "--hlog-folder logs/new");
    master.wait("ready", |seen| seen.count("client_ready") > 0);
    let data = json!({
        "timestamp": 1.0, "user_classes_count": {"Reader": 4, "Writer": 1}, "host": server.url(), "stop_timeout": 5.0,
        "parsed_options": {"flagpole_run": "run-1", "reset_stats": true},
    });
    master.send("spawn", data);
    let log = || {
        sandbox
            .path("logs/new")
            .join(log_name(&sandbox, "logs/new"))
    };
    master.wait("users", |seen| seen.users == 5);
    let has_interval = || {
        fs::read_to_string(log())
            .unwrap()
            .contains("#[flagpole interval")
    };
    wait_until("an interval", has_interval);
    master.send("spawning_complete", json!({"user_count": 5}));
    let before = server.control().ledger().requests;
    wait_until("requests", || {
        server.control().ledger().requests > before + 20
    });
    master.send("stop", Value::Null);
    master.wait("stopped", |seen| seen.count("client_ready") == 2);
    master.send("quit", Value::Null);
    worker.finish().assert_code(0);
    let (ledger, _) = finish(server);
    assert!(master.seen().requests <= ledger.requests);
    assert_eq!(fs::read_to_string(log()).unwrap(), master.seen().log);
    fs::write(sandbox.path("all.hlog"), &master.seen().log).unwrap();
    assert_eq!(
        merged(&sandbox, "all.hlog")["attempts"],
        json!(ledger.requests)
    );
}

#[test]
fn redirected_requests_have_more_attempts_which_the_worker_says() {
    let (sandbox, master, server) = (Sandbox::new(), Master::start(), server_with("2ms", ""));
    // `/` redirects.
    let worker = sandbox.start(&format!("worker --master-port {}", master.port));
    master.spawn(1.0, &json!({"Reader": 2}), 5.0, server.url().as_str());
    wait_until("requests", || server.control().ledger().requests > 20);
    master.send("stop", Value::Null);
    master.wait("stopped", |seen| seen.count("client_ready") == 2);
    master.send("quit", Value::Null);
    let output = worker.finish();
    output.assert_code(0);
    let (ledger, _) = finish(server);
    assert_eq!(master.seen().requests, ledger.requests);
    let requests = &merged(&sandbox, &log_name(&sandbox, ""))["requests"];
    let attempts = ledger.requests;
    output.assert_stderr_contains(&format!(
        "flagpole: run run-1 has ended: {attempts} attempts of {requests} requests, 0 failed\n"
    ));
}
