//! What is written, and where.

use super::{is_whole, page};
use crate::compare::assert_code_of_verdict;
use crate::harness::Sandbox;
use crate::servers::server_with;
use serde_json::{Value, json};
use std::fs;

const COMPARE: &str = "compare --latency 1ms --flags 3 --rounds 1 --strategy async,sequential";

#[test]
fn report_of_a_comparison_is_the_page_that_html_wrote() {
    let sandbox = Sandbox::new();
    let output = sandbox.run(&format!("{COMPARE} --result r.json --html r.html"));
    assert_code_of_verdict(&output, 0);
    let report = sandbox.run("report r.json");
    report.assert_code(0);
    assert_eq!(
        (&*report.stdout, &*report.stderr),
        ("", "wrote report.html\n")
    );
    assert_eq!(page(&sandbox, "report.html"), page(&sandbox, "r.html"));
}

#[test]
fn report_of_a_load_run_is_the_page_that_html_wrote() {
    let (server, sandbox) = (server_with("0", ""), Sandbox::new());
    let url = format!("{}/flags/br/br.gif", server.url());
    let output = sandbox.run(&format!(
        "load {url} -n 300 -c 2 --quiet --result r.json --html r.html"
    ));
    assert_code_of_verdict(&output, 0);
    let report = sandbox.run("report r.json -o -");
    report.assert_code(0);
    assert!(is_whole(&report.stdout), "{report}");
    // On a busy machine the measurement may be invalid, which the report says.
    assert_eq!(report.stderr.is_empty(), output.code == Some(0), "{report}");
    assert_eq!(report.stdout, page(&sandbox, "r.html"));
}

#[test]
fn page_has_the_command_that_repeats_a_load_run() {
    let (server, sandbox) = (server_with("0", ""), Sandbox::new());
    let url = format!("{}/flags/br/br.gif", server.url());
    let line = format!("load {url} -n 30 -c 2 --quiet --result r.json --html r.html");
    sandbox.run(&line);
    let document: Value =
        serde_json::from_str(&fs::read_to_string(sandbox.path("r.json")).unwrap()).unwrap();
    let command = document["repeat"]["command"].as_str().unwrap();
    assert_eq!(
        command,
        format!("flagpole load {url} --concurrency 2 --requests 30")
    );
    assert!(page(&sandbox, "r.html").contains(command));
    sandbox.run("load /flags/br/br.gif --latency 1ms --seed 7 -n 30 --quiet --result own.json");
    let document: Value =
        serde_json::from_str(&fs::read_to_string(sandbox.path("own.json")).unwrap()).unwrap();
    fs::write(
        sandbox.path("run.toml"),
        document["repeat"]["file"].as_str().unwrap(),
    )
    .unwrap();
    let again = document["repeat"]["command"].as_str().unwrap();
    let again = sandbox.run(&format!(
        "{} --print-experiment",
        again.strip_prefix("flagpole ").unwrap()
    ));
    assert_eq!(
        again.stdout,
        fs::read_to_string(sandbox.path("run.toml")).unwrap()
    );
}

/// The order of the results on the command line does not matter: they are put in the order of time.
#[test]
fn several_results_of_one_experiment_are_a_trend() {
    let sandbox = Sandbox::new();
    sandbox.run(&format!("{COMPARE} --result now.json"));
    let now = fs::read_to_string(sandbox.path("now.json")).unwrap();
    let mut earlier: Value = serde_json::from_str(&now).unwrap();
    earlier["environment"]["started_unix_s"] = json!(1_700_000_000);
    earlier["experiment"]["rounds"] = json!(7);
    fs::write(sandbox.path("earlier.json"), earlier.to_string()).unwrap();
    let report = |files: &str| sandbox.run(&format!("report {files} -o -")).stdout;
    let trend = report("earlier.json now.json");
    assert!(is_whole(&trend) && trend.contains("2023-11-14"), "{trend}");
    assert_eq!(trend, report("now.json earlier.json"));
    assert_ne!(trend, report("now.json"));
}

#[test]
fn html_is_another_file_than_the_result() {
    let output = Sandbox::new().run(&format!("{COMPARE} --result r --html r"));
    output.assert_code(2);
    output.assert_stderr_contains("--html: expected another file than that of --result");
}
