//! `flagpole compare`: tables, JSON, verdicts.

mod bounds;
mod documents;
mod endings;
mod validity;

use crate::harness::CommandOutput;
use serde_json::Value;

/// Accepts 3 too if the only issue is a late server, as on a busy machine.
pub(crate) fn assert_code_unless_late(output: &CommandOutput, code: i32) {
    let is_lateness = |line: &str| line.contains("the server was too late: p99 lateness ");
    let only_late = !output.stderr.is_empty() && output.stderr.lines().all(is_lateness);
    let is_expected = output.code == Some(code) || output.code == Some(3) && only_late;
    assert!(is_expected, "{output}");
}

pub(crate) fn json(output: &CommandOutput) -> Value {
    let document: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"));
    assert_eq!(document["schema"], 3, "{output}");
    document
}

/// The strategies of the only cell.
pub(crate) fn strategies(document: &Value) -> &[Value] {
    document["cells"][0]["strategies"].as_array().unwrap()
}

pub(crate) fn column<'a>(document: &'a Value, name: &'a str) -> Vec<&'a Value> {
    strategies(document).iter().map(|row| &row[name]).collect()
}
