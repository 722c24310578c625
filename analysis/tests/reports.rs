//! What each report looks like, from a recorded result: `tests/snapshots` has the reports.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use flagpole_analysis::comparison::{BaselineRatio, Comparison};
use flagpole_analysis::report::{self, ReportOptions};
use flagpole_analysis::validity::{Validity, ValidityIssue};
use serde_json::{Value, json};

/// Two concurrencies and two strategies, recorded by `flagpole compare --flags 8 --latency 20ms --concurrency 2,4
/// --strategy threads,async --fault 503@20% --retries 2 --backoff 1ms..2ms --rounds 10 --measure-overhead --fail-if
/// 'async.wall < 1s' --result recorded.json`.
fn recorded() -> Comparison {
    serde_json::from_str(include_str!("recorded.json")).unwrap()
}

/// The first cell alone.
fn single_cell() -> Comparison {
    let mut comparison = recorded();
    comparison.cells.truncate(1);
    comparison.concurrency_curves.clear();
    comparison
}

fn written(format: &str, comparison: &Comparison) -> String {
    styled(format, comparison, &|validity| validity.to_string(), false)
}

fn verbose(comparison: &Comparison) -> String {
    styled("text", comparison, &|validity| validity.to_string(), true)
}

fn styled(
    format: &str,
    comparison: &Comparison,
    style: &dyn Fn(Validity) -> String,
    is_verbose: bool,
) -> String {
    let mut text = Vec::new();
    let report = report::ALL.iter().find(|one| one.name() == format).unwrap();
    let options = ReportOptions { style, is_verbose };
    report.write(comparison, options, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// A value with the names of its types; of an array, the first element.
fn skeleton(value: &Value) -> Value {
    match value {
        Value::Null => json!("null"),
        Value::Bool(_) => json!("boolean"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("string"),
        Value::Array(values) => values.iter().take(1).map(skeleton).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), skeleton(value)))
            .collect(),
    }
}

#[test]
fn text_of_one_cell() {
    insta::assert_snapshot!(written("text", &single_cell()));
}

#[test]
fn text_with_details() {
    insta::assert_snapshot!(verbose(&single_cell()));
}

#[test]
fn text_is_at_most_80_columns_wide() {
    let comparison = recorded();
    for text in [
        written("text", &comparison),
        verbose(&comparison),
        verbose(&single_cell()),
    ] {
        let wide = text.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None);
    }
}

#[test]
fn text_of_several_cells_is_one_table() {
    insta::assert_snapshot!(written("text", &recorded()));
}

/// What is shown only if it says something: failures, stalls, incomparable strategies, reasons, a baseline.
#[test]
fn text_of_a_doubtful_comparison() {
    let mut comparison = single_cell();
    let cell = &mut comparison.cells[0];
    let strategy = &mut cell.strategies[1];
    (strategy.error, strategy.unstarted, strategy.hedges) = (3, 2, 4);
    strategy.failures = serde_json::from_value(json!([
        { "outcome": "http_500", "reason": "500 Internal Server Error", "count": 3 },
    ]))
    .unwrap();
    strategy.stalled_rounds = vec![2, 7];
    strategy.rounds[0].fates_digest = strategy.fates_digest.take();
    strategy.ratios.clear();
    cell.reference = Some("threads".to_owned());
    cell.verdict.validity = Validity::Invalid;
    for (severity, label, message) in [
        (Validity::Invalid, "aborted", "interrupted"),
        (
            Validity::Suspect,
            "few_rounds",
            "4 rounds; a confidence interval needs 5; raise --rounds",
        ),
    ] {
        let (label, message) = (label.to_owned(), message.to_owned());
        cell.verdict.reasons.push(ValidityIssue {
            severity,
            label,
            message,
        });
    }
    cell.verdict
        .unchecked
        .push("lateness of the server: it reports no delays".to_owned());
    comparison.baseline = vec![BaselineRatio {
        name: "async".to_owned(),
        ratio: None,
        message: "different fates in the baseline".to_owned(),
        ..BaselineRatio::default()
    }];
    insta::assert_snapshot!(written("text", &comparison));
    let markdown = written("markdown", &comparison);
    assert!(markdown.contains("\n- not checked: lateness"), "{markdown}");
}

#[test]
fn markdown() {
    insta::assert_snapshot!(written("markdown", &recorded()));
}

#[test]
fn csv() {
    insta::assert_snapshot!(written("csv", &recorded()));
}

#[test]
fn csv_values_with_commas_and_quotes_are_quoted() {
    let mut comparison = single_cell();
    comparison.cells[0].strategies[0].name = "a \"b\"".to_owned();
    for (name, value) in &mut comparison.cells[0].conditions {
        if name == "latency" {
            *value = "lognormal:p50=5ms,p99=9ms".to_owned();
        }
    }
    let text = written("csv", &comparison);
    let line = text.lines().nth(1).unwrap();
    assert!(
        line.contains(",\"lognormal:p50=5ms,p99=9ms\",") && line.contains(",\"a \"\"b\"\"\","),
        "{line}"
    );
}

#[test]
fn json_document_has_these_keys() {
    let document = serde_json::from_str(&written("json", &recorded())).unwrap();
    insta::assert_snapshot!(format!("{:#}", skeleton(&document)));
}

#[test]
fn json_document_reads_back() {
    let text = written("json", &recorded());
    let read: Comparison = serde_json::from_str(&text).unwrap();
    assert_eq!(written("json", &read), text);
}

#[test]
fn style_applies_to_verdict_and_severities_only() {
    let plain = written("text", &recorded());
    let styled = styled(
        "text",
        &recorded(),
        &|validity| format!("<{validity}>"),
        false,
    );
    assert!(styled.starts_with("<SUSPECT>: "), "{styled}");
    assert!(styled.contains("\n  <SUSPECT>: "), "{styled}");
    assert_eq!(
        styled.replace(['<', '>'], ""),
        plain.replace(['<', '>'], "")
    );
}
