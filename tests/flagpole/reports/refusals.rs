//! Files that are no results, and results of different experiments, are refused with one line.

use crate::harness::{CommandOutput, Sandbox};
use serde_json::{Value, json};
use std::fs;

fn comparison() -> Value {
    serde_json::from_str(include_str!("../../fixtures/v0.1/result.json")).unwrap()
}

/// A report of results with these contents, in files `0.json`, `1.json` and so on.
fn report(contents: &[String]) -> CommandOutput {
    let sandbox = Sandbox::new();
    for (index, content) in contents.iter().enumerate() {
        fs::write(sandbox.path(&format!("{index}.json")), content).unwrap();
    }
    let names: Vec<_> = (0..contents.len())
        .map(|index| format!("{index}.json"))
        .collect();
    let output = sandbox.run(&format!("report {}", names.join(" ")));
    assert!(
        !sandbox.path("report.html").exists() || output.code == Some(0),
        "{output}"
    );
    output
}

fn refusal(contents: &[String]) -> String {
    let output = report(contents);
    output.assert_code(2);
    assert_eq!(output.stderr.lines().count(), 1, "{output}");
    output.stderr
}

#[test]
fn results_of_earlier_versions_have_a_report() {
    let output = report(&[comparison().to_string()]);
    output.assert_code(0);
}

#[test]
fn file_that_is_no_result_is_named_with_line_and_what_was_expected() {
    let mut broken = comparison();
    broken["cells"][0]["strategies"] = json!("x");
    for (content, found) in [
        (String::new(), "got an empty file"),
        (
            "{\n  \"schema\": ,".to_owned(),
            "got something else at line 2, column 13",
        ),
        ("[1]".to_owned(), "got another JSON document"),
        (
            json!({ "schema": 2, "cells": [] }).to_string(),
            "expected a result of schema 3 to 4, got `2`",
        ),
        (format!("{broken:#}"), "got something else at line "),
        (
            json!({ "schema_version": 1, "figures": {} }).to_string(),
            "got something else at line 1",
        ),
        (
            json!({ "schema_version": 9, "figures": {} }).to_string(),
            "expected a result of schema version 1, got `9`",
        ),
    ] {
        let line = refusal(&[content]);
        assert!(
            line.starts_with("flagpole: RESULT: 0.json: expected a result "),
            "{line}"
        );
        assert!(line.contains(found), "{line}");
    }
    assert!(
        Sandbox::new()
            .run("report x.json")
            .stderr
            .starts_with("flagpole: RESULT: x.json: No such file")
    );
}

#[test]
fn results_of_different_experiments_are_named_with_what_differs() {
    let (one, mut other) = (comparison(), comparison());
    other["experiment"]["seed"] = json!(12345);
    let line = refusal(&[one.to_string(), one.to_string(), other.to_string()]);
    assert!(
        line.contains(
            "expected results of one experiment, got 0.json and 2.json, which differ in `seed` ("
        ),
        "{line}"
    );
    assert!(line.contains("and 12345)"), "{line}");
}

#[test]
fn comparison_and_load_run_have_no_common_report() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("c.json"), comparison().to_string()).unwrap();
    sandbox.run("load /flags/br/br.gif --latency 0 -n 5 --quiet --result l.json");
    let output = sandbox.run("report l.json c.json");
    output.assert_code(2);
    output.assert_stderr_contains(
        "got a comparison in c.json and a load run in l.json; make a report of each",
    );
}

#[test]
fn report_never_replaces_a_result() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("r.json"), comparison().to_string()).unwrap();
    fs::create_dir(sandbox.path("sub")).unwrap();
    std::os::unix::fs::symlink("r.json", sandbox.path("link.json")).unwrap();
    for same in ["./r.json", "sub/../r.json", "link.json"] {
        let output = sandbox.run(&format!("report r.json -o {same}"));
        output.assert_code(2);
        output.assert_stderr_contains("expected another file than r.json");
        output.assert_stderr_starts_with("flagpole: -o: ");
    }
}
