//! Thresholds by the results of a cell.

use super::*;
use crate::comparison::{Latencies, Percentile};
use crate::stats::ComparisonCount;
use crate::test_runs::trial;
use crate::validity::{Validity, Verdict};

fn percentile(us: u64, interval_us: [Option<u64>; 2]) -> Percentile {
    Percentile { us, interval_us }
}

fn strategy(name: &'static str) -> StrategyResult {
    let mut strategy = StrategyResult::from_trials(name, &[trial(name, 1, 500, 437)]).unwrap();
    (strategy.ok, strategy.error) = (360, 0);
    strategy.download_time.failed = Latencies::default();
    let latencies = &mut strategy.download_time.succeeded;
    (latencies.count, latencies.independent, latencies.max_us) = (360, 18, Some(500_000));
    strategy
}

fn wall_ratio(to: &str, ratio: f64) -> Ratio {
    // 12 noisy rounds, with a ratio that is known exactly.
    let walls = [1.0, 1.01].repeat(6);
    let slower: Vec<f64> = walls.iter().rev().map(|wall| ratio * wall).collect();
    Ratio::from_paired_rounds(to, &slower, &walls, ComparisonCount::ONE).unwrap()
}

/// A cell of two strategies with these metrics.
fn cell() -> Cell {
    let (mut one, mut other) = (strategy("async"), strategy("threads"));
    one.download_time.succeeded.p50 = Some(percentile(50_000, [Some(40_000), Some(60_000)]));
    one.download_time.succeeded.p95 = Some(percentile(80_040, [Some(70_000), None]));
    one.efficiency = Some(0.874);
    (one.goodput_per_s, one.wall_us.mean) = (1234.0, 500_000.0);
    one.resource_usage.peak_memory_kib = 66_048;
    (other.wall_us.mean, other.efficiency) = (750_000.0, None);
    (other.ok, other.error) = (270, 90);
    other.download_time.succeeded.independent = 3;
    other.ratios.push(wall_ratio("async", 1.5));
    Cell {
        wall_measured_at: crate::comparison::WallMeasuredAt::Client,
        conditions: vec![("latency".to_owned(), "50ms".to_owned())],
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

fn judge(text: &str) -> ThresholdResult {
    let (cell, earlier) = (cell(), strategy("async"));
    let found = BaselineMatch {
        name: "async",
        earlier: Ok(&earlier),
        ratio: Some(wall_ratio("the baseline", 1.98)),
    };
    let missing = BaselineMatch {
        name: "threads",
        earlier: Err("not in the baseline".to_owned()),
        ratio: None,
    };
    text.parse::<Threshold>()
        .unwrap()
        .judge(&cell, &[found, missing])
}

/// Checks the status and what the message says after the condition.
fn check(status: ThresholdStatus, cases: &[(&str, &str)]) {
    for (text, message) in cases {
        let result = judge(text);
        assert_eq!(result.message, format!("{text}: {message}"));
        assert_eq!(result.status, status, "{text}");
    }
}

#[test]
fn threshold_is_crossed_if_its_condition_holds() {
    check(
        ThresholdStatus::Crossed,
        &[
            ("async.efficiency < 0.9", "measured 87.4%"),
            ("async.efficiency < 90%", "measured 87.4%"),
            ("async.p50 > 49ms", "measured 50.0 ms"),
            ("async.p50 >= 50ms", "measured 50.0 ms"),
            ("async.p50 <= 50000us", "measured 50.0 ms"),
            ("async.p50.high > 55ms", "measured 60.0 ms"),
            ("async.max > 0.1s", "measured 500 ms"),
            ("async.errors <= 0", "measured 0"),
            ("threads.error-rate > 10%", "measured 25.0%"),
            ("async.goodput < 2000/s", "measured 1234/s"),
            ("async.memory > 64MiB", "measured 64.5 MiB"),
            ("threads/async.wall > 1.2", "measured 1.50x"),
            ("async/baseline.wall > 1.1x", "measured 1.98x"),
        ],
    );
}

#[test]
fn threshold_is_held_if_its_condition_does_not_hold() {
    check(
        ThresholdStatus::Held,
        &[
            ("async.p50 < 0.05s", "measured 50.0 ms"),
            ("async.p50.low > 49ms", "measured 40.0 ms"),
            ("async.errors > 0", "measured 0"),
            ("threads/async.wall > 150%", "measured 1.50x"),
            ("async/baseline.errors > 1", "measured 1.00x"),
        ],
    );
}

#[test]
fn figure_that_would_look_like_its_limit_has_more_digits() {
    check(
        ThresholdStatus::Crossed,
        &[
            ("async.p95 > 80ms", "measured 80.0 ms (80.04ms)"),
            ("async.efficiency < 0.8743", "measured 87.4% (0.874)"),
        ],
    );
}

#[test]
fn nothing_against_nothing_is_1_and_something_against_nothing_is_infinite() {
    check(
        ThresholdStatus::Held,
        &[("async/baseline.errors > 1", "measured 1.00x")],
    );
    check(
        ThresholdStatus::Crossed,
        &[("threads/async.errors > 1000", "measured 90 against 0")],
    );
    assert_eq!(judge("threads/async.errors > 1000").measured, None);
    check(
        ThresholdStatus::Held,
        &[("threads/async.errors < 1000", "measured 90 against 0")],
    );
}

#[test]
fn end_of_the_interval_is_that_of_the_stored_ratio() {
    let cell = cell();
    let [low, high] = cell.strategies[1].ratios[0].confidence_interval.unwrap();
    for (text, end) in [
        ("threads/async.wall.low > 1.2", low),
        ("threads/async.wall.high > 1.2", high),
    ] {
        let result = judge(text);
        assert_eq!(result.measured, Some(end));
        assert_eq!(result.status, ThresholdStatus::Crossed);
    }
    assert_eq!(
        judge("threads/async.wall.low > 1.5").status,
        ThresholdStatus::Held
    );
}

#[test]
fn sample_that_is_too_small_is_not_judged() {
    check(
        ThresholdStatus::NotJudged,
        &[
            ("async.p99 > 1ms", "18 of 299 independent downloads"),
            ("async.p99 < 1s", "18 of 299 independent downloads"),
            ("async.p95.high > 1ms", "18 of 72 independent downloads"),
            (
                "async/threads.p50 > 1",
                "threads: 3 of 5 independent downloads",
            ),
            (
                "async/baseline.p95 > 1",
                "the baseline: 18 of 59 independent downloads",
            ),
            ("async.failed.p50 > 1s", "no download failed"),
        ],
    );
    let mut few_rounds = cell();
    few_rounds.strategies[1].ratios[0].confidence_interval = None;
    let threshold: Threshold = "threads/async.wall.low > 1.2".parse().unwrap();
    assert_eq!(
        threshold.judge(&few_rounds, &[]).status,
        ThresholdStatus::NotJudged
    );
}

#[test]
fn missing_figure_crosses_the_threshold() {
    check(
        ThresholdStatus::Crossed,
        &[
            (
                "threads.efficiency < 0.9",
                "cannot be evaluated: more than 1% of the downloads failed",
            ),
            (
                "threads/async.efficiency < 0.9",
                "cannot be evaluated: threads: more than 1% of the downloads failed",
            ),
            (
                "async/threads.wall > 1",
                "cannot be evaluated: the downloads of async and threads ended differently",
            ),
            (
                "per-core.wall > 1s",
                "cannot be evaluated: per-core has no result",
            ),
            (
                "threads/baseline.p50 > 1",
                "cannot be evaluated: not in the baseline",
            ),
        ],
    );
    let mut failed = cell();
    failed.strategies[0].download_time.succeeded = Latencies::default();
    let threshold: Threshold = "async.p99 > 1h".replace("1h", "3600s").parse().unwrap();
    let result = threshold.judge(&failed, &[]);
    assert_eq!(result.status, ThresholdStatus::Crossed);
    assert_eq!(
        result.message,
        "async.p99 > 3600s: cannot be evaluated: no download succeeded"
    );
}

#[test]
fn result_has_the_figure_and_its_unit() {
    for (text, measured, unit) in [
        ("async.p50 > 49ms", 50_000.0, "us"),
        ("async.wall > 1s", 500_000.0, "us"),
        ("async.efficiency < 0.9", 0.874, "share"),
        ("async.errors > 0", 0.0, "downloads"),
        ("async.goodput < 2000/s", 1234.0, "per_s"),
        ("async.memory > 64MiB", 66_048.0, "KiB"),
        ("async/baseline.errors > 1", 1.0, "ratio"),
    ] {
        let result = judge(text);
        assert_eq!(
            (result.measured, result.unit.as_str()),
            (Some(measured), unit)
        );
        assert_eq!(
            result.conditions,
            [("latency".to_owned(), "50ms".to_owned())]
        );
    }
}
