//! Sentences about strategies, for the formats that people read.

use super::table_content::percent;
use crate::bottleneck::{Bottleneck, BottleneckKind};
use crate::comparison::{Ratio, StrategyResult};
use crate::human_duration::HumanDuration;
use std::time::Duration;

/// What limits a strategy: `limited by latency`.
pub(super) fn limited_by(bottleneck: &Bottleneck) -> String {
    match bottleneck.kind {
        BottleneckKind::Unknown => "bottleneck unknown".to_owned(),
        kind => format!("limited by {kind}"),
    }
}

/// The lower bound with its terms; `None` without a bound, and if nothing was delayed.
pub(super) fn terms(strategy: &StrategyResult) -> Option<String> {
    let terms = strategy.bottleneck.as_ref()?.terms?;
    let c = strategy.concurrency;
    let even_split = format!("even split over {c} connection{}", plural_s(c));
    let largest = nonzero(&[
        ("critical path", terms.critical_path),
        (&even_split, terms.even_split),
        ("packing", terms.packing),
        ("server concurrency limit", terms.server_concurrency_limit),
        ("server rate limit", terms.server_rate_limit),
    ]);
    let parts = nonzero(&[
        ("backoff", terms.includes_backoff),
        ("body pacing", terms.includes_pacing),
    ]);
    let includes = if parts.is_empty() {
        parts
    } else {
        format!("; includes {parts}")
    };
    let bound = HumanDuration(terms.total());
    (!largest.is_empty()).then(|| format!("lower bound {bound} (largest of {largest}){includes}"))
}

fn nonzero(named: &[(&str, Duration)]) -> String {
    let present = named.iter().filter(|(_, term)| !term.is_zero());
    let parts = present.map(|(name, term)| format!("{name} {}", HumanDuration(*term)));
    parts.collect::<Vec<_>>().join(", ")
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
