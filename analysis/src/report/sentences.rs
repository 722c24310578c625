//! Sentences about strategies, for the formats that people read.

use super::table_content::percent;
use crate::comparison::{Ratio, StrategyResult};

/// What limits a strategy.
pub(super) fn limited_by(strategy: &StrategyResult) -> Option<String> {
    let bottleneck = strategy.bottleneck.as_ref()?;
    Some(format!("{}: {bottleneck}", strategy.name))
}

/// The rounds in which the machine stalled.
pub(super) fn stalled(strategy: &StrategyResult) -> Option<String> {
    let rounds: Vec<_> = (strategy.stalled_rounds.iter())
        .map(ToString::to_string)
        .collect();
    (!rounds.is_empty()).then(|| {
        format!(
            "{}: the machine stalled in round{} {} of {}: p99 lateness above 20% of the delay",
            strategy.name,
            plural_s(rounds.len()),
            rounds.join(", "),
            strategy.rounds.len()
        )
    })
}

/// The time relative to the fastest strategy, or why there is no ratio.
pub(super) fn ratio_to_fastest(strategy: &StrategyResult) -> Option<String> {
    let sentence = match (&strategy.ratio_to_fastest, &strategy.incomparable_to) {
        (Some(ratio), _) => ratio_sentence(ratio),
        (None, Some(other)) => {
            format!("not comparable to {other}: different numbers of downloads succeeded")
        }
        (None, None) => return None,
    };
    Some(format!("{}: {sentence}", strategy.name))
}

fn ratio_sentence(ratio: &Ratio) -> String {
    let Ratio {
        to, ratio: times, ..
    } = ratio;
    match (
        ratio.confidence_interval,
        ratio.is_significant,
        ratio.minimum_detectable_effect,
    ) {
        (Some([low, high]), Some(true), _) => {
            format!("takes {times:.3}x the time of {to} (95% CI {low:.3}-{high:.3}x)")
        }
        (Some([low, high]), Some(false), Some(effect)) => format!(
            "no significant difference from {to} (95% CI {low:.3}-{high:.3}x; detectable difference {})",
            percent(effect)
        ),
        _ => {
            format!("takes {times:.3}x the time of {to}; too few rounds for a confidence interval")
        }
    }
}

fn plural_s(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
