//! Sentences for the formats that people read.

use crate::comparison::{Comparison, StrategyResult};
use crate::human::{HumanDuration, plural};

/// What limits a strategy.
pub(super) fn limited_by(strategy: &StrategyResult) -> Option<String> {
    let bottleneck = strategy.bottleneck.as_ref()?;
    Some(format!("{}: {bottleneck}", strategy.name))
}

/// The rounds in which the machine stalled.
pub(super) fn stalled(strategy: &StrategyResult) -> Option<String> {
    let rounds = strategy.stalled_rounds.iter();
    let rounds: Vec<_> = rounds.map(ToString::to_string).collect();
    (!rounds.is_empty()).then(|| {
        format!(
            "{}: the machine stalled in {} of {} (p99 lateness above 20% of the delay): {}",
            strategy.name,
            plural(rounds.len(), "round"),
            strategy.rounds.len(),
            rounds.join(", ")
        )
    })
}

/// The time relative to the fastest strategy, or why there is no ratio.
pub(super) fn ratio_to_fastest(strategy: &StrategyResult) -> Option<String> {
    let name = &strategy.name;
    if let Some(ratio) = &strategy.ratio_to_fastest {
        return Some(format!("{name}: {ratio}"));
    }
    let other = strategy.incomparable_to.as_ref()?;
    Some(format!(
        "{name}: not comparable to {other}: different numbers of downloads succeeded"
    ))
}

/// Notes on a comparison as a whole, one line each: the measurement overhead, the knees, the baseline and the crossed
/// thresholds.
pub(super) fn notes(comparison: &Comparison) -> Vec<String> {
    let overhead = comparison.measurement_overhead.iter().map(|overhead| {
        format!(
            "Measurement overhead (no delay, concurrency 1, a request every 5 ms): p50 {}, p99 {} over {} requests",
            HumanDuration::from_micros(overhead.p50_us),
            HumanDuration::from_micros(overhead.p99_us),
            overhead.attempts
        )
    });
    let curves = comparison.concurrency_curves.iter();
    let knees = curves.map(|one| format!("{}, {}: {}", one.strategy, one.conditions, one.knee));
    let baseline = comparison.baseline.iter();
    let baseline = baseline.map(|one| format!("Baseline: {}: {}", one.name, one.message));
    let crossed = comparison.crossed_thresholds.iter();
    let crossed = crossed.map(|crossed| format!("Threshold crossed: {crossed}"));
    overhead
        .chain(knees)
        .chain(baseline)
        .chain(crossed)
        .collect()
}
