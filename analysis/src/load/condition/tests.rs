//! Tests of conditions.

use super::{ConditionStatus, LoadCondition};
use crate::load::figures::{LoadFigures, WindowCounts};
use flagpole_protocol::{AttemptRecord, LoadStats, Outcome, Resource};
use proptest::prelude::*;
use std::time::Duration;

fn condition(text: &str) -> LoadCondition {
    text.parse().unwrap()
}

fn error(text: &str) -> String {
    text.parse::<LoadCondition>().unwrap_err().to_string()
}

/// Successful requests of 1, 2, 3 ... ms, and requests with these outcomes that took 10 s.
fn figures(successes: u64, others: &[Outcome]) -> LoadFigures {
    let mut stats = LoadStats::default();
    let request = |outcome: Outcome, ms| {
        let mut record = AttemptRecord::new(Resource::Flag("BR".parse().unwrap()), outcome);
        record.done = Duration::from_millis(ms);
        record.status = (record.outcome == Outcome::Http(503)).then_some(503);
        record
    };
    for ms in 1..=successes {
        stats.record(&request(Outcome::Ok, ms));
    }
    for outcome in others {
        stats.record(&request(outcome.clone(), 10_000));
    }
    let in_window = WindowCounts {
        ended: stats.requests(),
        succeeded: successes,
        bytes: 0,
    };
    LoadFigures::new(&stats, Duration::from_secs(10), in_window, None)
}

fn judge(text: &str, figures: &LoadFigures) -> (ConditionStatus, String) {
    let result = condition(text).judge(figures, None);
    (result.status, result.message)
}

#[test]
fn condition_prints_as_it_was_written() {
    for text in [
        "p99 < 50ms",
        "p99.99 >= 1.5s",
        "service.p50 < 10ms and errors < 0.1%",
        "failed.max > 1s or lateness.mean > 2ms and unfinished > 10",
        "status.503 > 1% or outcome.timeout > 0",
        "rate < 1000/s or goodput < 900",
        "p99/baseline > 1.1x",
    ] {
        assert_eq!(condition(text).to_string(), text);
    }
    assert_eq!(
        condition("p99<50ms  and errors<=1").to_string(),
        "p99 < 50ms and errors <= 1"
    );
}

#[test]
fn errors_say_what_was_expected() {
    for (text, message) in [
        (
            "",
            "expected `METRIC OP NUMBER`, such as `p99 < 50ms` or `errors > 1%`, got ``",
        ),
        (
            "p99 < 50ms and",
            "expected `METRIC OP NUMBER`, such as `p99 < 50ms` or `errors > 1%`, got `p99 < 50ms and`",
        ),
        (
            "p99 < 50",
            "expected a time such as `80ms`, in us, ms or s, got `50`",
        ),
        ("p98 > 1ms", "unknown metric `p98`; did you mean `p90`?"),
        (
            "error-rate > 1%",
            "unknown metric `error-rate`; did you mean `errors`?",
        ),
        (
            "servce.p99 > 1s",
            "unknown metric `servce.p99`; did you mean `service.p99`?",
        ),
        (
            "p99 = 1s",
            "expected `<`, `<=`, `>` or `>=`, got `p99 = 1s`",
        ),
        (
            "errors > 0.01",
            "expected a whole number such as `10`, or a share such as `0.1%`, got `0.01`",
        ),
        ("errors >= 0", "`errors >= 0`: the condition always holds"),
        (
            "errors > 100%",
            "`errors > 100%`: the condition never holds",
        ),
        ("p99/other > 2", "expected `/baseline`, got `/other`"),
        (
            "status.5xx > 1%",
            "expected a status such as `status.503`, got `status.5xx`",
        ),
    ] {
        assert_eq!(error(text), message, "{text}");
    }
    assert!(error("(p99 > 1s)").contains("join terms by `and` and `or`"));
    assert!(error("p99 > 1s && errors > 1%").contains("join terms by `and` and `or`"));
}

#[test]
fn terms_are_judged_by_the_figures() {
    let figures = figures(999, &[Outcome::Http(503)]);
    for (text, holds, says) in [
        ("p99 < 991ms", true, "p99 990 ms"),
        ("p99 > 80ms", true, "p99 990 ms"),
        ("max > 1s", false, "max 999 ms"),
        ("errors > 0.1%", false, "errors 0.1%"),
        ("errors >= 1", true, "errors 1"),
        ("status.503 > 0", true, "status.503 1"),
        ("outcome.http_503 > 1%", false, "outcome.http_503 0.1%"),
        ("outcome.timeout > 0", false, "outcome.timeout 0"),
        ("failed.max > 9s", true, "failed.max 10.0 s"),
        ("rate >= 100/s", true, "rate 100/s"),
        ("goodput >= 100/s", false, "goodput 99.9/s"),
        ("p99 < 1s and errors < 1%", true, "p99 990 ms, errors 0.1%"),
        ("p99 > 1s or errors < 1%", true, "p99 990 ms, errors 0.1%"),
        ("p99 > 1s and errors < 1%", false, "p99 990 ms, errors 0.1%"),
    ] {
        let expected = if holds {
            ConditionStatus::Holds
        } else {
            ConditionStatus::DoesNotHold
        };
        assert_eq!(judge(text, &figures), (expected, format!("{text}: {says}")));
    }
}

#[test]
fn percentile_of_a_small_sample_is_not_judged_unless_other_terms_decide() {
    let figures = figures(100, &[]);
    let (status, message) = judge("p99 < 1s", &figures);
    assert_eq!(status, ConditionStatus::NotJudged);
    assert_eq!(
        message,
        "p99 < 1s: p99 unknown: it needs 299 successful requests, and there are 100"
    );
    for (text, status) in [
        ("p99 < 1s and errors > 1%", ConditionStatus::DoesNotHold),
        ("p99 < 1s and errors < 1%", ConditionStatus::NotJudged),
        ("p99 < 1s or errors < 1%", ConditionStatus::Holds),
        ("p99 < 1s or errors > 1%", ConditionStatus::NotJudged),
    ] {
        assert_eq!(judge(text, &figures).0, status, "{text}");
    }
}

#[test]
fn lower_bound_decides_only_where_larger_values_would_too() {
    let figures = figures(950, &vec![Outcome::Cancelled; 50]);
    for (text, status) in [
        ("p99 > 1s", ConditionStatus::Holds),
        ("p99 < 1s", ConditionStatus::DoesNotHold),
        ("p99 < 20s", ConditionStatus::NotJudged),
        ("p99 > 20s", ConditionStatus::NotJudged),
        ("p50 < 1s", ConditionStatus::Holds),
    ] {
        assert_eq!(judge(text, &figures).0, status, "{text}");
    }
    assert!(
        judge("p99 > 1s", &figures)
            .1
            .ends_with("p99 at least 10.0 s")
    );
}

#[test]
fn ratio_is_to_the_earlier_result() {
    let (now, earlier) = (figures(400, &[Outcome::EmptyReply]), figures(200, &[]));
    let judge = |text: &str| {
        let result = condition(text).judge(&now, Some(&earlier));
        (result.status, result.message)
    };
    assert_eq!(
        judge("p50/baseline > 1.5"),
        (
            ConditionStatus::Holds,
            "p50/baseline > 1.5: p50/baseline 2.00x".to_owned()
        )
    );
    assert_eq!(judge("errors/baseline > 2").0, ConditionStatus::Holds);
    assert_eq!(judge("p99/baseline > 2").0, ConditionStatus::NotJudged);
    let none = condition("p50/baseline > 2").judge(&now, None);
    assert_eq!(none.status, ConditionStatus::NotJudged);
    assert!(
        none.message.ends_with("there is no baseline"),
        "{}",
        none.message
    );
}

#[test]
fn required_samples_are_those_of_the_highest_percentile() {
    assert_eq!(
        condition("p50 > 1s or p99 > 2s").required_samples(),
        Some(299)
    );
    assert_eq!(
        condition("max > 1s and errors > 1%").required_samples(),
        None
    );
    assert!(condition("p99/baseline > 2").needs_baseline());
}

proptest! {
    #[test]
    fn parsing_never_panics(text in ".*", term in "(service.)?p?[0-9.]{0,4}(/baseline)? ?[<>=]{0,2} ?[0-9.]{0,4}[a-z%/]{0,2}") {
        let _ = text.parse::<LoadCondition>();
        if let Ok(condition) = term.parse::<LoadCondition>() {
            prop_assert_eq!(condition.to_string().parse(), Ok(condition));
        }
    }
}
