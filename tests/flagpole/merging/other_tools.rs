//! The package `hdrhistogram` of Python reads logs, and sees the same buckets as flagpole's figures.

use super::{json, merge, two_logs};
use crate::tools;
use serde_json::Value;
use std::process::Command;

/// Prints, for each tag, the number of lines, and the lowest value and the count of each bucket.
const SCRIPT: &str = r#"
import json, sys
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader
tags = {}
log = HistogramLogReader(sys.argv[1], HdrHistogram(1, 172_800_000_000, 3))
while interval := log.get_next_interval_histogram():
    tag = tags.setdefault(interval.get_tag() or "", {"lines": 0, "buckets": {}})
    tag["lines"] += 1
    for bucket in interval.get_recorded_iterator():
        value = str(interval.get_lowest_equivalent_value(bucket.value_iterated_to))
        tag["buckets"][value] = tag["buckets"].get(value, 0) + bucket.count_at_value_iterated_to
print(json.dumps(tags))
"#;

#[test]
fn python_reads_logs_and_merged_logs() {
    if !tools::is_installed("interval logs in Python", &["python3", "-c", "import hdrh"]) {
        return;
    }
    let sandbox = two_logs();
    let (_, merged) = merge(&sandbox, "a.hlog b.hlog -o all.hlog");
    let read = |log: &str| -> Value {
        let mut python = Command::new("python3");
        let python = python.args(["-c", SCRIPT, log]).env("PATH", tools::path());
        let output = python.current_dir(sandbox.path("")).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let logs = ["a.hlog", "b.hlog", "all.hlog"].map(read);
    let count = |log: &Value, tag: &str| -> u64 {
        let buckets = log[tag]["buckets"].as_object().unwrap();
        buckets.values().map(|count| count.as_u64().unwrap()).sum()
    };
    for (log, result) in
        logs.iter()
            .zip([json(&sandbox, "a.json"), json(&sandbox, "b.json"), merged])
    {
        let figures = &result["figures"];
        let counts = ["", "service", "failed"].map(|tag| count(log, tag));
        let [succeeded, failed] =
            ["succeeded", "failed"].map(|name| figures[name].as_u64().unwrap());
        assert_eq!(counts, [succeeded, succeeded, failed]);
        assert_eq!(
            log[""]["lines"],
            result["seconds"].as_array().unwrap().len()
        );
    }
    for (tag, of_all) in logs[2].as_object().unwrap() {
        for (bucket, sum) in of_all["buckets"].as_object().unwrap() {
            let parts = logs[..2]
                .iter()
                .filter_map(|log| log[tag]["buckets"][bucket].as_u64());
            assert_eq!(sum.as_u64().unwrap(), parts.sum::<u64>(), "{tag} {bucket}");
        }
    }
}
