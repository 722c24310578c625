//! A client that does not get its processor.

use super::verdict::{assert_no_reason, assert_reason};
use crate::harness::{CommandOutput, FLAGPOLE, Sandbox};
use crate::servers::server_with;
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::thread::sleep;
use std::time::Duration;

/// The client is stopped for three quarters of the time.
#[test]
fn stopped_client_is_named() {
    let server = server_with("0", "");
    let url = format!("{}/flags/br/br.gif", server.url());
    let line = format!("load {url} --rate 200/s -z 2s --quiet --format json");
    let mut run = Sandbox::new().start(&line);
    while !run.has_exited() {
        run.signal(Signal::STOP);
        sleep(Duration::from_millis(150));
        run.signal(Signal::CONT);
        sleep(Duration::from_millis(50));
    }
    let output = run.finish();
    output.assert_code(3);
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_reason(
        &document,
        "processor_lost",
        " while its process was stopped; do not stop it (SIGSTOP, ",
    );
    assert_no_reason(&document, "server_stalled");
    assert_no_reason(&document, "littles_law");
    assert_eq!(document["figures"]["requests"], 400, "{document:#}");
}

/// The client shares a processor with three processes that never rest, and gets a quarter of it for a rate that a whole one
/// cannot reach.
#[test]
fn client_without_processor_time_is_named_and_not_the_server() {
    // The server shares the machine: on one that is busy with other things, it may be the slower one in a run.
    for attempt in 1.. {
        let Some((output, document)) = starved_run() else {
            return;
        };
        output.assert_code(3);
        assert_no_reason(&document, "littles_law");
        assert!(!output.stdout.contains("as asked"), "{output}");
        let reasons = document["verdict"]["reasons"].as_array().unwrap();
        let is_named = reasons
            .iter()
            .any(|reason| reason["label"] == "client_slower_than_rate");
        if is_named || attempt == ATTEMPTS {
            assert_reason(
                &document,
                "client_slower_than_rate",
                "asked for 200,000/s, reached ",
            );
            assert_no_reason(&document, "server_slower_than_rate");
            return;
        }
    }
}

/// How often a run is made until its client is the slower one.
const ATTEMPTS: u32 = 5;

/// A run and its result; `None` where no process can be confined to a processor.
fn starved_run() -> Option<(CommandOutput, Value)> {
    let server = server_with("0", "");
    let sandbox = Sandbox::new();
    let line = format!(
        "load {}/flags/br/br.gif --rate 200000/s -z 500ms --max-in-flight 200 --grace 0s --quiet --result r.json",
        server.url()
    );
    let script = format!(
        "taskset -cp 0 $$ >/dev/null 2>&1 || exit 77
         for i in 1 2 3; do (while :; do :; done) & busy=\"$busy $!\"; done
         {FLAGPOLE} {line}; code=$?
         kill $busy; exit $code"
    );
    let output = sandbox.start_shell(&script).finish();
    if output.code == Some(77) {
        println!("skipped: no process can be confined to a processor here: {output}");
        return None;
    }
    let document = fs::read(sandbox.path("r.json")).unwrap();
    Some((output, serde_json::from_slice(&document).unwrap()))
}
