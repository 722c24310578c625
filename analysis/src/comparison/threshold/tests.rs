//! Parsing thresholds, and what is known of them before a run.

use super::*;
use crate::stats::MIN_ROUNDS;
use proptest::prelude::*;
use strum::IntoEnumIterator as _;

fn threshold(text: &str) -> Threshold {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> String {
    text.parse::<Threshold>().unwrap_err().to_string()
}

#[test]
fn metric_with_a_dot_is_not_cut() {
    for (text, name, metric) in [
        ("async.p99.9 > 80ms", "async", "p99.9"),
        ("async+v1.2.p99.9.high > 80ms", "async+v1.2", "p99.9"),
        ("async.response.p99 > 80ms", "async", "response.p99"),
        (
            "async+a.b.service.failed.max > 1s",
            "async+a.b",
            "service.failed.max",
        ),
        ("per-core.failed.p50.low > 1s", "per-core", "failed.p50"),
        ("async.error-rate>1%", "async", "error-rate"),
    ] {
        let threshold = threshold(text);
        assert_eq!(
            (
                threshold.name.as_str(),
                threshold.metric.to_string().as_str()
            ),
            (name, metric)
        );
    }
}

#[test]
fn second_name_is_a_strategy_or_the_baseline() {
    let relative_to = |text| threshold(text).relative_to;
    assert_eq!(relative_to("async+plain.wall > 1s"), None);
    let other = RelativeTo::Strategy("async+plain".to_owned());
    assert_eq!(
        relative_to("async+hedged / async+plain.p99 > 1.1x"),
        Some(other)
    );
    assert_eq!(
        relative_to("async/baseline.requests < 0.9"),
        Some(RelativeTo::Baseline)
    );
    assert!(threshold("async/baseline.wall.low > 1.1").needs_baseline());
    assert!(!threshold("async.wall > 1s").needs_baseline());
}

#[test]
fn other_forms_are_refused() {
    for text in [
        "",
        "async",
        "async.p99",
        "async.p99 = 80ms",
        "p99 > 80ms",
        "p99.9 > 80ms",
        "wall.low > 1",
        ".p99 > 1s",
        "a/.wall > 1",
        "/a.wall > 1",
    ] {
        let form = "expected `NAME.METRIC OP NUMBER`, such as `async.p99 > 80ms`, got";
        assert_eq!(error(text), format!("{form} `{text}`"));
    }
}

#[test]
fn unknown_metric_is_refused_with_the_nearest_or_all() {
    for (text, message) in [
        (
            "async.p98 > 80ms",
            "unknown metric `p98`; did you mean `p90`?",
        ),
        (
            "async.request > 5",
            "unknown metric `request`; did you mean `requests`?",
        ),
        (
            "async.speedup < 1",
            "unknown metric `speedup`; known: wall, efficiency, errors, ",
        ),
    ] {
        assert!(error(text).starts_with(message), "{}", error(text));
    }
}

#[test]
fn number_of_another_kind_is_refused() {
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
    for (text, message) in [
        (
            "threads/async.wall > 2s",
            "expected a ratio such as `1.2`, `1.2x` or `120%`, got `2s`",
        ),
        (
            "async/baseline.p99 > 2s",
            "expected a ratio such as `1.2`, `1.2x` or `120%`, got `2s`",
        ),
        (
            "async.errors > 1%",
            "expected a number such as `0`, got `1%`",
        ),
        (
            "async.memory > 64MB",
            "expected a size such as `64MiB`, in B, KiB, MiB or GiB, got `64MB`",
        ),
    ] {
        assert_eq!(error(text), message);
    }
}

#[test]
fn condition_that_cannot_be_meant_is_refused() {
    let no_interval = "only percentiles and ratios of wall times have a confidence interval";
    for (text, mistake) in [
        (
            "async/async.wall > 1.2",
            "the ratio of a strategy to itself is always 1",
        ),
        ("async.wall.low > 1s", no_interval),
        ("async.errors.high > 1", no_interval),
        ("async.max.high > 1s", no_interval),
        ("async/baseline.p99.low > 1", no_interval),
        ("async.errors >= 0", "the condition always holds"),
        ("async.wall > 0s", "the condition always holds"),
        ("async/threads.wall > 0", "the condition always holds"),
        ("async/baseline.wall <= 0", "the condition never holds"),
        ("async.p99 < 0ms", "the condition never holds"),
        ("async.efficiency > 100%", "the condition never holds"),
        ("async.efficiency <= 1", "the condition always holds"),
        ("async.error-rate >= 2", "the condition never holds"),
    ] {
        assert_eq!(error(text), format!("`{text}`: {mistake}"));
    }
    for text in [
        "async.errors > 0",
        "async.errors <= 0",
        "async.efficiency < 100%",
        "async.efficiency >= 1",
        "async/threads.errors > 0",
    ] {
        threshold(text);
    }
}

const CONTEXT: ThresholdContext<'_> = ThresholdContext {
    strategies: &["async", "threads"],
    rounds: MIN_ROUNDS - 1,
};

#[test]
fn unknown_strategy_is_refused_before_the_run() {
    let check = |text| {
        threshold(text)
            .check(CONTEXT)
            .map_err(|error| error.to_string())
    };
    assert_eq!(check("threads/async.wall > 2"), Ok(()));
    assert_eq!(check("async/baseline.wall > 2"), Ok(()));
    for text in ["asinc.wall > 2s", "threads/asinc.wall > 2"] {
        let message = "unknown strategy `asinc`; did you mean `async`?";
        assert_eq!(check(text), Err(message.to_owned()));
    }
    let message = "unknown metric `respons.p99`; did you mean `response.p99`?";
    assert_eq!(check("async.respons.p99 > 2s"), Err(message.to_owned()));
    let message = "`baseline/async.wall > 2`: the baseline is the second name, as in `async/baseline.wall > 1.1`";
    assert_eq!(check("baseline/async.wall > 2"), Err(message.to_owned()));
}

#[test]
fn interval_of_a_ratio_needs_enough_rounds() {
    let threshold = threshold("threads/async.wall.low > 1.2");
    let error = threshold.check(CONTEXT).unwrap_err().to_string();
    assert_eq!(
        error,
        "`threads/async.wall.low > 1.2` needs a confidence interval, which takes 5 rounds, got 4; raise --rounds"
    );
    threshold
        .check(ThresholdContext {
            rounds: MIN_ROUNDS,
            ..CONTEXT
        })
        .unwrap();
}

#[test]
fn required_samples_are_those_of_the_percentile_or_of_the_end() {
    let required = |text| threshold(text).required_samples();
    assert_eq!(required("async.p99 > 1s"), Some(299));
    assert_eq!(required("async.p99.high > 1s"), Some(368));
    assert_eq!(required("async.p99.low > 1s"), Some(299));
    assert_eq!(required("threads/async.response.p50 > 2"), Some(5));
    assert_eq!(required("async.max > 1s"), None);
    assert_eq!(required("async.wall > 1s"), None);
}

#[test]
fn serialises_as_its_text() {
    let text = "\"per-core/baseline.p99.9 >= 1.5x\"";
    let read: Threshold = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
    let error = serde_json::from_str::<Threshold>("\"async.x > 1\"").unwrap_err();
    assert!(error.to_string().contains("unknown metric `x`"));
}

const UNITS: [&str; 12] = [
    "", "%", "x", "us", "µs", "ms", "s", "/s", "B", "KiB", "MiB", "GiB",
];

/// Whether a number with this unit can be the limit.
fn fits(unit: &str, metric: Metric, is_ratio: bool) -> bool {
    match metric {
        _ if is_ratio => ["", "x", "%"].contains(&unit),
        Metric::Run(RunMetric::Efficiency | RunMetric::ErrorRate) => ["", "%"].contains(&unit),
        Metric::Run(RunMetric::Errors) => unit.is_empty(),
        Metric::Run(RunMetric::Goodput | RunMetric::Requests) => ["", "/s"].contains(&unit),
        Metric::Run(RunMetric::Memory) => unit.ends_with('B'),
        _ => unit.ends_with('s') && unit != "/s",
    }
}

proptest! {
    #[test]
    fn display_reads_back(
        name in "[a-z][a-z0-9+.-]{0,8}[a-z]",
        other in prop::option::of(prop_oneof![Just("baseline".to_owned()), "[A-Z][a-z0-9+.-]{0,8}[a-z]"]),
        metric in prop::sample::select(Metric::all().collect::<Vec<_>>()),
        end in prop::sample::select(vec![None, Some(IntervalEnd::Low), Some(IntervalEnd::High)]),
        sign in prop::sample::select(Comparator::iter().collect::<Vec<_>>()),
        number in prop_oneof![0.001f64..0.999, 0.1f64..1e12, Just(80.0)],
        unit in prop::sample::select(UNITS.to_vec()),
    ) {
        let subject = other.as_ref().map_or(name.clone(), |other| format!("{name}/{other}"));
        let end = end.map(|end| format!(".{end}")).unwrap_or_default();
        let text = format!("{subject}.{metric}{end} {sign} {number}{unit}");
        match text.parse::<Threshold>() {
            Ok(threshold) => {
                prop_assert_eq!(threshold.to_string(), text.as_str());
                prop_assert_eq!(text.parse::<Threshold>().unwrap(), threshold);
                prop_assert!(fits(unit, metric, other.is_some()), "{}", text);
            }
            Err(error) => {
                let is_refused = error.to_string().starts_with('`');
                prop_assert!(is_refused || !fits(unit, metric, other.is_some()), "{}", error);
            }
        }
    }

    #[test]
    fn parsing_never_panics(text in "[a-z/.<>=0-9 %µ+-]{0,32}") {
        let _ = text.parse::<Threshold>();
    }
}
