//! Parsing and evaluating thresholds.

use super::*;
use crate::comparison::{Cell, Percentile, Ratio, StrategyResult};
use crate::stats::ComparisonCount;
use crate::test_runs::trial;
use crate::validity::{Validity, Verdict};
use proptest::prelude::*;
use strum::IntoEnumIterator as _;

fn threshold(text: &str) -> Threshold {
    text.parse().unwrap()
}

fn percentile(us: u64) -> Percentile {
    Percentile {
        us,
        interval_us: [None, None],
    }
}

/// A cell of two strategies with these metrics.
fn cell() -> Cell {
    let strategy = |name| StrategyResult::from_trials(name, &[trial(name, 1, 500, 437)]).unwrap();
    let (mut one, mut other) = (strategy("async"), strategy("threads"));
    one.download_time.succeeded.p99 = Some(percentile(80_000));
    (one.efficiency, one.error) = (Some(0.874), 0);
    (one.goodput_per_s, one.wall_us.mean) = (1234.0, 500_000.0);
    one.resource_usage.peak_memory_kib = 66_048;
    (
        other.wall_us.mean,
        other.efficiency,
        other.download_time.succeeded.p99,
    ) = (750_000.0, None, None);
    let ratio = Ratio::from_paired_rounds("async", &[3.0], &[2.0], ComparisonCount::ONE).unwrap();
    other.ratios = vec![Ratio {
        ratio: 1.5,
        ..ratio
    }];
    Cell {
        conditions: Vec::new(),
        rounds: 1,
        order: Vec::new(),
        reference: None,
        strategies: vec![one, other],
        server: None,
        repeated_rounds: Vec::new(),
        verdict: Verdict {
            validity: Validity::Valid,
            reasons: Vec::new(),
            unchecked: Vec::new(),
        },
    }
}

/// The text of a crossed threshold; empty if it is not crossed.
fn evaluate(text: &str) -> String {
    threshold(text).crossed(&cell()).unwrap_or_default()
}

#[test]
fn threshold_is_crossed_if_its_condition_holds() {
    for (text, expected) in [
        (
            "async.efficiency < 0.9",
            "async.efficiency < 0.9: measured 0.874",
        ),
        (
            "async.efficiency<90%",
            "async.efficiency < 90%: measured 87.4%",
        ),
        ("async.p99 > 80ms", ""),
        ("async.p99 >= 80ms", "async.p99 >= 80ms: measured 80ms"),
        (
            "async.p99 <= 80000us",
            "async.p99 <= 80000us: measured 80000us",
        ),
        ("async.p99 < 0.08s", ""),
        ("async.errors > 0", ""),
        ("async.errors <= 0", "async.errors <= 0: measured 0"),
        (
            "async.goodput < 2000/s",
            "async.goodput < 2000/s: measured 1234/s",
        ),
        (
            "async.memory > 64 MiB",
            "async.memory > 64MiB: measured 64.5MiB",
        ),
        (
            "threads/async.wall > 1.2",
            "threads/async.wall > 1.2: measured 1.5",
        ),
        ("threads / async.wall > 150%", ""),
        ("async/async.wall > 1", ""),
    ] {
        assert_eq!(evaluate(text), expected, "{text}");
    }
}

#[test]
fn missing_metric_crosses_the_threshold() {
    for (text, missing) in [
        ("threads.efficiency < 0.9", "no efficiency for threads"),
        ("async/threads.p99 > 1", "no p99 for threads"),
        ("async/async.errors > 1", "no errors for async"),
        ("per-core.wall > 1s", "no wall for per-core"),
        (
            "async/threads.wall > 1",
            "async and threads are not comparable: different numbers of downloads succeeded",
        ),
    ] {
        assert_eq!(
            evaluate(text),
            format!("`{text}` cannot be evaluated: {missing}")
        );
    }
}

#[test]
fn errors_state_what_was_expected() {
    let error = |text: &str| text.parse::<Threshold>().unwrap_err().to_string();
    let form = "expected `NAME.METRIC OP NUMBER`, such as `async.p99 > 80ms`, got";
    for text in [
        "",
        "async",
        "async.p99",
        "async.p99 = 80ms",
        "p99 > 80ms",
        ".p99 > 1s",
        "a/.wall > 1",
        "/a.wall > 1",
    ] {
        assert_eq!(error(text), format!("{form} `{text}`"));
    }
    assert_eq!(
        error("async.p95 > 80ms"),
        "unknown metric `p95`; known: wall, efficiency, p50, p90, p99, errors, goodput, cpu, memory"
    );
    for number in [
        "80",
        "ms",
        "-80ms",
        "80 minutes",
        "8.0.0ms",
        "",
        "infs",
        "1e3ms",
    ] {
        assert_eq!(
            error(&format!("async.p99 > {number}")),
            format!("expected a time such as `80ms`, in us, ms or s, got `{number}`")
        );
    }
    assert!(error("threads/async.wall > 2s").starts_with("expected a number such as `0.9`"));
    assert!(error("async.errors > 1%").starts_with("expected a number such as `0`"));
    assert!(error("async.memory > 64MB").ends_with("in B, KiB, MiB or GiB, got `64MB`"));
}

#[test]
fn unknown_names_are_refused() {
    let known = ["async", "threads"];
    assert_eq!(
        threshold("threads/async.wall > 2").check_names(&known),
        Ok(())
    );
    for text in ["asink.wall > 2s", "threads/asink.wall > 2"] {
        let error = threshold(text).check_names(&known).unwrap_err().to_string();
        assert_eq!(error, "unknown strategy `asink`; known: async, threads");
    }
}

#[test]
fn serialises_as_its_text() {
    let text = "\"per-core.cpu >= 1.5s\"";
    let read: Threshold = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
    let error = serde_json::from_str::<Threshold>("\"async.x > 1\"").unwrap_err();
    assert!(error.to_string().contains("unknown metric `x`"));
}

proptest! {
    #[test]
    fn display_reads_back(
        name in "[a-z][a-z.-]{0,8}[a-z]",
        over in prop::option::of("[a-z][a-z.-]{0,8}[a-z]"),
        metric in prop::sample::select(Metric::iter().collect::<Vec<_>>()),
        sign in prop::sample::select(vec!["<", "<=", ">", ">="]),
        number in prop_oneof![0.0f64..10.0, 0.0f64..1e12, Just(0.0), Just(80.0)],
        unit in prop::sample::select(vec!["", "%", "us", "µs", "ms", "s", "/s", "B", "KiB", "MiB", "GiB"]),
    ) {
        let subject = over.as_ref().map_or(name.clone(), |over| format!("{name}/{over}"));
        let text = format!("{subject}.{metric} {sign} {number}{unit}");
        let unit_is_valid = match (metric, over.is_some()) {
            (Metric::Efficiency, _) | (_, true) => ["", "%"].contains(&unit),
            (Metric::Errors, _) => unit.is_empty(),
            (Metric::Goodput, _) => ["", "/s"].contains(&unit),
            (Metric::Memory, _) => unit.ends_with('B'),
            _ => unit.ends_with('s') && unit != "/s",
        };
        match text.parse::<Threshold>() {
            Ok(threshold) => {
                prop_assert_eq!(threshold.to_string(), text.as_str());
                prop_assert_eq!(text.parse::<Threshold>().unwrap(), threshold);
                prop_assert!(unit_is_valid, "{}", text);
            }
            Err(error) => prop_assert!(!unit_is_valid, "{}", error),
        }
    }

    #[test]
    fn parsing_never_panics(text in "[a-z/.<>=0-9 %µ-]{0,24}") {
        let _ = text.parse::<Threshold>();
    }
}
