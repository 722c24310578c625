//! Rejected and timed-out requests, and the number of samples.

use super::{column, json, strategies};
use crate::harness::{Sandbox, flagpole};
use serde_json::Value;

/// Without a refill only the first trial would succeed.
#[test]
fn every_trial_starts_with_a_full_rate_limit() {
    let line =
        "compare --rate-limit 3/m --latency 0 --flags 5 --strategy sequential,async --rounds 3";
    let document = json(&flagpole(&format!("{line} --format json")));
    for row in strategies(&document) {
        let rounds = row["rounds"].as_array().unwrap();
        assert_eq!(rounds.len(), 3);
        for round in rounds {
            assert_eq!((&round["ok"], &round["error"]), (&3.into(), &2.into()));
        }
    }
}

/// All trials together take longer than the time at which the rule begins, and each of them much less.
#[test]
fn time_windows_count_from_the_start_of_each_trial() {
    let sandbox = Sandbox::new();
    let profile =
        "[[listener]]\nlatency = \"20ms\"\n[[listener.rule]]\nfrom = \"3s\"\nlatency = \"40ms\"\n";
    std::fs::write(sandbox.path("window.toml"), profile).unwrap();
    let line =
        "compare --profile ./window.toml --strategy threads,async --rounds 9 --flags 40 -m 5";
    let output = sandbox.run(&format!("{line} --format json"));
    let document = json(&output);
    for row in strategies(&document) {
        for round in row["rounds"].as_array().unwrap() {
            assert_eq!(round["bound_us"], 160_000, "{output}");
        }
    }
    let digests = column(&document, "fates_digest");
    assert!(digests[0].is_string(), "{output}");
    assert_eq!(digests[0], digests[1]);
}

fn issue_labels(document: &Value) -> Vec<&str> {
    let reasons = document["cells"][0]["verdict"]["reasons"]
        .as_array()
        .unwrap();
    reasons
        .iter()
        .map(|reason| reason["label"].as_str().unwrap())
        .collect()
}

#[test]
fn strategies_with_rejected_requests_get_no_ratio() {
    let line = "compare --concurrency-limit 1 --latency 5ms --flags 10 --strategy sequential,async --rounds 2";
    let document = json(&flagpole(&format!("{line} --format json")));
    let labels = issue_labels(&document);
    assert!(labels.contains(&"work_differs"), "{labels:?}");
    let row = &strategies(&document)[1];
    assert_eq!(row["ratios"].as_array().unwrap().len(), 0, "{row}");
    assert_eq!(
        row["bottleneck"]["kind"], "server_concurrency_limit",
        "{row}"
    );
    let counted =
        row["fates_compared"].as_u64().unwrap() + row["timing_dependent"].as_u64().unwrap();
    assert_eq!((counted, row["attempts"].as_u64()), (20, Some(20)));
}

#[test]
fn timed_out_attempts_leave_the_fates_unknown() {
    let line = "compare --latency 1h --timeout 20ms --flags 3 --rounds 1 --format json";
    let document = json(&flagpole(line));
    assert_eq!(column(&document, "fates_digest"), [&Value::Null; 3]);
    assert_eq!(column(&document, "timing_dependent"), [3, 3, 3]);
    assert!(issue_labels(&document).contains(&"fates_unknown"));
}
