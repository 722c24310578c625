//! Figures of merges, and the files that they write.

use super::{json, merge, text, two_logs};
use crate::harness::{FLAGPOLE, Sandbox};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
use serde_json::Value;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

/// What does not depend on the time at which seconds begin.
const SUMS: [&str; 6] = [
    "/figures/requests",
    "/figures/failed",
    "/figures/bytes",
    "/figures/attempts",
    "/figures/statuses",
    "/figures/response_time/count",
];

#[test]
fn log_of_one_run_has_its_figures() {
    let sandbox = two_logs();
    let (_, merged) = merge(&sandbox, "a.hlog");
    let run = json(&sandbox, "a.json");
    for key in SUMS {
        assert_eq!(merged.pointer(key), run.pointer(key), "{key}");
    }
    let max = |document: &Value| document.pointer("/figures/response_time/max_us").cloned();
    assert_eq!(
        (max(&merged), merged["asked"].clone()),
        (max(&run), run["asked"].clone())
    );
}

#[test]
fn figures_of_several_runs_add_up_in_any_order() {
    let sandbox = two_logs();
    let (_, merged) = merge(&sandbox, "a.hlog b.hlog");
    let requests = |document: &Value| document["figures"]["requests"].as_u64().unwrap();
    let runs = ["a.json", "b.json"].map(|name| requests(&json(&sandbox, name)));
    assert_eq!(requests(&merged), runs.iter().sum::<u64>());
    let (_, reversed) = merge(&sandbox, "b.hlog a.hlog");
    assert_eq!(merged["figures"], reversed["figures"]);
    assert_eq!(
        merged["processes"].as_array().unwrap().len(),
        2,
        "{merged:#}"
    );
}

#[test]
fn merged_log_can_be_merged_again() {
    let sandbox = two_logs();
    let (_, merged) = merge(&sandbox, "a.hlog b.hlog -o all.hlog --html all.html");
    assert_eq!(
        text(&sandbox, "all.hlog")
            .matches("#[Merged from process ")
            .count(),
        2
    );
    assert!(text(&sandbox, "all.html").contains("</html>"));
    let (_, again) = merge(&sandbox, "all.hlog");
    assert_eq!(again["figures"], merged["figures"]);
    assert_eq!(again["histogram"], merged["histogram"]);
}

#[test]
fn merged_log_is_not_merged_with_a_part_of_it() {
    let sandbox = two_logs();
    let (_, merged) = merge(&sandbox, "a.hlog b.hlog -o all.hlog");
    let (_, a) = merge(&sandbox, "a.hlog");
    let process = a["processes"][0]["process"].as_str().unwrap();
    let both = text(&sandbox, "all.hlog") + &text(&sandbox, "a.hlog");
    fs::write(sandbox.path("both.hlog"), both).unwrap();
    for (logs, place) in [
        ("all.hlog a.hlog", "is in all.hlog and in a.hlog"),
        ("a.hlog all.hlog", "is in a.hlog and in all.hlog"),
        (
            "both.hlog",
            "is in both.hlog twice, once as a part of a merge",
        ),
    ] {
        let output = sandbox.run(&format!("merge {logs}"));
        output.assert_code(2);
        output.assert_stderr_starts_with(&format!(
            "flagpole: process {process} {place}: give its figures once\n"
        ));
    }
    assert_eq!(merged["processes"].as_array().unwrap().len(), 2);
}

#[test]
fn logs_of_standard_input_are_read() {
    let sandbox = two_logs();
    let mut both = text(&sandbox, "a.hlog");
    both += &text(&sandbox, "b.hlog");
    fs::write(sandbox.path("both.hlog"), both).unwrap();
    let input = fs::File::open(sandbox.path("both.hlog")).unwrap();
    let mut command = Command::new(FLAGPOLE);
    let command = command.args(["merge", "-", "--format", "json"]);
    let output = command.stdin(Stdio::from(input)).output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        document["figures"]["requests"],
        merge(&sandbox, "a.hlog b.hlog").1["figures"]["requests"]
    );
}

#[test]
fn log_that_is_given_twice_counts_once() {
    let sandbox = two_logs();
    let (_, once) = merge(&sandbox, "a.hlog");
    let (_, twice) = merge(&sandbox, "a.hlog a.hlog");
    assert_eq!(once["figures"], twice["figures"]);
    assert_ne!(twice["verdict"]["reasons"], once["verdict"]["reasons"]);
}

#[test]
fn condition_that_holds_fails() {
    let sandbox = two_logs();
    let (output, document) = merge(&sandbox, "a.hlog b.hlog --fail-if errors>0.1%");
    assert_eq!(document["conditions"][0]["status"], "holds");
    // The machine may have been too busy for a valid measurement.
    assert!(matches!(output.code, Some(1 | 3)), "{output}");
}

#[test]
fn logs_are_one_result_of_a_report() {
    let sandbox = two_logs();
    let output = sandbox.run("report a.hlog b.hlog -o logs.html");
    output.assert_code(0);
    let page = text(&sandbox, "logs.html");
    let (_, merged) = merge(&sandbox, "a.hlog b.hlog --result all.json");
    assert!(page.contains("</html>") && page.contains(merged["targets"][0].as_str().unwrap()));
    sandbox
        .run("report a.hlog b.hlog all.json -o trend.html")
        .assert_code(0);
}

#[test]
fn report_of_an_invalid_measurement_says_so_for_logs_and_results() {
    let sandbox = Sandbox::new();
    let run = sandbox
        .run("load http://127.0.0.1:1/ -c 1 -n 4 --quiet --hlog gone.hlog --result gone.json");
    run.assert_code(3);
    for file in ["gone.hlog", "gone.json"] {
        let output = sandbox.run(&format!("report {file}"));
        output.assert_code(0);
        output.assert_stderr_starts_with(&format!("flagpole: {file}: invalid measurement: "));
    }
}

#[test]
fn log_of_another_program_with_other_buckets_is_refused() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("coarse.hlog"), log_of_another_program(2)).unwrap();
    let output = sandbox.run("merge coarse.hlog");
    output.assert_code(2);
    output.assert_stderr_contains(
        "expected a histogram of lowest value 1 and 3 digits (and any highest value), got 1 to 3600000000 with 2 digits",
    );
}

/// 60 successes and 30 failures, in histograms of this number of digits.
fn log_of_another_program(digits: u8) -> Vec<u8> {
    let mut histogram = Histogram::<u64>::new_with_bounds(1, 3_600_000_000, digits).unwrap();
    histogram.record_n(5_000, 30).unwrap();
    let (mut out, mut serializer) = (Vec::new(), V2DeflateSerializer::new());
    let mut log = IntervalLogWriterBuilder::new()
        .begin_log_with(&mut out, &mut serializer)
        .unwrap();
    let second = Duration::from_secs(1);
    for (start, tag) in [(1, None), (1, Tag::new("failed")), (2, None)] {
        log.write_histogram(&histogram, second * start, second, tag)
            .unwrap();
    }
    out
}

#[test]
fn log_of_another_program_is_added_by_tag() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("other.hlog"), log_of_another_program(3)).unwrap();
    let (output, document) = merge(&sandbox, "other.hlog");
    let figures = &document["figures"];
    assert_eq!(
        (&figures["succeeded"], &figures["failed"]),
        (&60.into(), &30.into()),
        "{output}"
    );
    let reasons = document["verdict"].to_string();
    assert!(reasons.contains("other.hlog"), "{reasons}");
    assert_eq!(document["verdict"]["validity"], "SUSPECT");
    assert_eq!(figures["requests_per_s"], 45.0);
    // What is not in the log is not in the report.
    let text = sandbox.run("merge other.hlog -v").stdout;
    for absent in [
        "connection",
        "closed",
        " B/s",
        "in flight",
        "service time",
        ": 0 x",
    ] {
        assert!(!text.contains(absent), "{absent}: {text}");
    }
    assert!(text.contains("45.0 requests/s"), "{text}");
}
