//! `flagpole ctl journal`.

use super::Controlled;
use crate::harness::{CommandOutput, Sandbox};
use serde_json::Value;

fn lines(output: &CommandOutput) -> Vec<Value> {
    output.assert_code(0);
    let lines = output.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn requests_are_printed_once_they_are_over() {
    let controlled = Controlled::new("1ms");
    controlled.request(3);
    let all = lines(&controlled.ctl(&["journal", "--wait", "3"]));
    let ends = all.iter().map(|line| (&line["event"], &line["status"]));
    assert!(
        ends.clone().all(|end| end == (&"end".into(), &200.into())),
        "{all:?}"
    );
    let ids: Vec<_> = all
        .iter()
        .map(|line| line["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids.len(), 3);
    let since = ids[0].to_string();
    let next = lines(&controlled.ctl(&["journal", "--since", &since, "--limit", "1"]));
    assert_eq!(next[0]["id"], ids[1]);
    assert_eq!(next.len(), 1);
    let others = controlled.ctl(&["journal", "--path", "/flags/fr/*"]);
    assert_eq!(lines(&others).len(), 0);
}

#[test]
fn wait_that_ends_without_enough_requests_fails() {
    let controlled = Controlled::new("0");
    let output = controlled.ctl(&["journal", "--wait", "2", "--timeout", "10ms"]);
    output.assert_code(1);
    let line = "flagpole: 0 of 2 requests are over after 10ms\n";
    assert_eq!((&*output.stderr, &*output.stdout), (line, ""));
}

#[test]
fn refused_parameter_is_named_as_an_option() {
    let controlled = Controlled::new("0");
    let output = controlled.ctl(&["journal", "--status", "many"]);
    output.assert_code(2);
    output.assert_stderr_starts_with("flagpole: --status: ");
    assert_eq!(output.stderr.lines().count(), 1);
}

#[test]
fn followed_journal_goes_on_until_the_server_stops() {
    let controlled = Controlled::new("0");
    let url = controlled.control.url();
    let line = format!("ctl journal --follow --control {url}");
    let mut process = Sandbox::new().start(&line);
    controlled.request(1);
    for event in ["begin", "end"] {
        let line: Value = serde_json::from_str(&process.stdout_line()).unwrap();
        assert_eq!(line["event"], event);
    }
    drop(controlled);
    let output = process.finish();
    assert_eq!(
        (output.code, &*output.stdout, &*output.stderr),
        (Some(0), "", "")
    );
}
