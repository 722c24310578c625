//! The text of small comparisons.

use super::*;
use crate::comparison::Ratio;
use crate::report::test_comparison::comparison;
use crate::validity::verdict::ValidityIssue;

fn written(comparison: &Comparison) -> String {
    let mut text = Vec::new();
    TextReport.write(comparison, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[track_caller]
fn assert_contains(text: &str, expected: &str) {
    assert!(text.contains(expected), "{text}");
}

#[test]
fn tables_bound_failures_and_verdict() {
    let expected = "\
latency 50ms

strategy    concurrency     wall  speed-up  lower bound  efficiency      p50      p99  ok  not found  error
-----------------------------------------------------------------------------------------------------------
sequential            1   1.03 s         -       1.00 s       97.1%  50.0 ms  51.0 ms   1          0      1
async                 2  52.0 ms         -      50.0 ms       96.2%  50.0 ms  51.0 ms   1          0      1

strategy        CPU     user   system  peak memory  threads  vol. switches  invol. switches  attempts  fates digest
-------------------------------------------------------------------------------------------------------------------
sequential  3.00 ms  2.00 ms  1.00 ms      8.0 MiB        1             20                0         2             -
async       3.00 ms  2.00 ms  1.00 ms      8.0 MiB        1             20                0         2             -

lower bound: the shortest wall time that the server's planned delays allow; efficiency: lower bound / wall time
sequential: 1 x 500 Internal Server Error
async: 1 x 500 Internal Server Error
VALID
";
    assert_eq!(written(&comparison()), expected);
}

#[test]
fn optional_columns_are_shown_where_they_say_something() {
    let mut comparison = comparison();
    let result = &mut comparison.cells[0].strategies[1];
    (result.fates_compared, result.timing_dependent) = (1, 1);
    result.retries = 1;
    assert_contains(
        &written(&comparison),
        "attempts  retries  fates compared  timing-dependent  fates digest\n",
    );
}

#[test]
fn stalled_rounds_are_listed() {
    let mut comparison = comparison();
    comparison.cells[0].strategies[1].stalled_rounds = vec![1];
    assert_contains(
        &written(&comparison),
        "\nasync: the machine stalled in round 1 of 1: p99 lateness above 20% of the delay\n",
    );
}

#[test]
fn several_cells_share_tables_with_the_varying_conditions() {
    let mut comparison = comparison();
    let mut other = comparison.cells[0].clone();
    other.conditions[0].1 = "5ms".into();
    other.strategies[0].timeline = vec!["▇▇".into()];
    other.strategies[0].ratio_to_fastest = Some(Ratio {
        confidence_interval: Some([0.99, 1.03]),
        is_significant: Some(false),
        minimum_detectable_effect: Some(0.04),
        ..Ratio::without_interval("async", 1.01)
    });
    comparison.cells.push(other);
    let text = written(&comparison);
    assert_contains(
        &text,
        "\nlatency 5ms:\nsequential: 1 x 500 Internal Server Error\nasync: 1 x 500 Internal Server Error\n\
         sequential: no significant difference from async (95% CI 0.990-1.030x; detectable difference 4.0%)\n",
    );
    assert_contains(
        &text,
        "\n\nlatency 5ms: sequential, round 1: 2 attempts, 1.03 s\n  ▇▇\n\n",
    );
    assert_contains(&text, "\nlatency  strategy    concurrency ");
    assert_contains(&text, "\nlatency 5ms: VALID\n");
}

#[test]
fn style_applies_to_verdict_and_severities_only() {
    let mut comparison = comparison();
    comparison.cells[0].verdict.reasons = vec![ValidityIssue {
        severity: Validity::Suspect,
        label: "few_rounds".into(),
        message: "VALID only with more rounds".into(),
    }];
    let mut text = Vec::new();
    let style = |validity| format!("<{validity}>");
    TextReport
        .write_styled(&comparison, &style, &mut text)
        .unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(
        text.ends_with("\n<VALID>\n  <SUSPECT>: VALID only with more rounds\n"),
        "{text}"
    );
}
