//! `flagpole compare`: what the result contains, and exit codes. No test demands VALID or a duration: a busy machine
//! has neither.

mod documents;
mod endings;
mod records;
mod validity;

use crate::harness::CommandOutput;
use serde_json::Value;
use std::collections::BTreeSet;

/// Asserts the exit code that the verdict demands: 3 for an invalid measurement, else `code`.
#[track_caller]
pub(crate) fn assert_code_of_verdict(output: &CommandOutput, code: i32) {
    assert_eq!(
        is_invalid(&output.stderr),
        output.stdout.contains("INVALID"),
        "stderr and result disagree: {output}"
    );
    output.assert_code(if is_invalid(&output.stderr) { 3 } else { code });
}

pub(crate) fn is_invalid(stderr: &str) -> bool {
    stderr.contains("flagpole: invalid measurement: ")
}

/// The number of rounds of the only cell that were repeated, because the machine stalled.
pub(crate) fn repeated_rounds(document: &Value) -> usize {
    let repeated = document["cells"][0]["repeated_rounds"].as_array().unwrap();
    let rounds = repeated.iter().map(|repeated| repeated["round"].as_u64());
    rounds.collect::<BTreeSet<_>>().len()
}

pub(crate) fn json(output: &CommandOutput) -> Value {
    let document: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"));
    assert_eq!(document["schema"], 4, "{output}");
    document
}

/// The strategies of the only cell.
pub(crate) fn strategies(document: &Value) -> &[Value] {
    document["cells"][0]["strategies"].as_array().unwrap()
}

pub(crate) fn column<'a>(document: &'a Value, name: &'a str) -> Vec<&'a Value> {
    strategies(document).iter().map(|row| &row[name]).collect()
}
