//! Reasons to doubt the figures of one strategy.

use super::observed::ObservedStrategy;
use super::reason::Reason;
use crate::stats::sample_size::required_samples;
use crate::stats::trend::Trend;
use std::time::Duration;

/// The share of its cores above which a client is saturated.
const CLIENT_SATURATED: f64 = 0.9;
/// The share of all cores above which client and server disturb each other. It is lower than that of one process,
/// because two processes that wait for each other leave cores idle that neither of them could use.
const MACHINE_SATURATED: f64 = 0.7;
/// The tolerated difference between the busy time of connections and the time of attempts.
const BUSY_TIME_TOLERANCE: f64 = 0.02;
/// The significance level of a trend, before correction for the number of strategies.
const TREND_P: f64 = 0.01;
/// The smallest trend that matters, as a share of the wall time.
const MIN_TREND: f64 = 0.02;
/// An efficiency up to this value is 1 rounded to whole microseconds.
const ROUNDING: f64 = 1.001;

/// The reasons against one strategy of a cell with `strategy_count` strategies.
pub(super) fn strategy_reasons(
    strategy: &ObservedStrategy,
    strategy_count: usize,
    machine_cores: usize,
) -> Vec<Reason> {
    let reasons = [
        ledger_mismatch(strategy),
        below_bound(strategy),
        client_saturated(strategy).or_else(|| machine_saturated(strategy, machine_cores)),
        busy_time_mismatch(strategy),
        rounds_drift(strategy, strategy_count),
        few_samples(strategy),
    ];
    reasons.into_iter().flatten().collect()
}

fn ledger_mismatch(one: &ObservedStrategy) -> Option<Reason> {
    let (round, mismatch) = one.mismatch?;
    Some(Reason::LedgerMismatch {
        strategy: one.name.clone(),
        round,
        mismatch,
    })
}

fn below_bound(one: &ObservedStrategy) -> Option<Reason> {
    let efficiency = one.max_efficiency?;
    (efficiency > ROUNDING).then(|| Reason::BelowBound {
        strategy: one.name.clone(),
        efficiency,
    })
}

fn client_saturated(one: &ObservedStrategy) -> Option<Reason> {
    let cores = one.cores.max(1);
    let share = ratio(one.cpu?, one.total_wall())? / cores as f64;
    (share > CLIENT_SATURATED).then(|| Reason::ClientSaturated {
        strategy: one.name.clone(),
        share,
        cores,
    })
}

fn machine_saturated(one: &ObservedStrategy, cores: usize) -> Option<Reason> {
    let both = one.cpu? + one.server_cpu?;
    let share = ratio(both, one.total_wall())? / cores.max(1) as f64;
    (share > MACHINE_SATURATED).then(|| Reason::MachineSaturated {
        strategy: one.name.clone(),
        share,
        cores,
    })
}

fn busy_time_mismatch(one: &ObservedStrategy) -> Option<Reason> {
    let (busy, attempts) = (one.busy?, one.attempt_time?);
    let difference = ratio(busy.abs_diff(attempts), busy.max(attempts))?;
    (difference > BUSY_TIME_TOLERANCE).then(|| Reason::BusyTimeMismatch {
        strategy: one.name.clone(),
        busy,
        attempts,
    })
}

/// A trend of the wall times. The significance level is divided by the number of strategies (Bonferroni), because each
/// of them can drift by chance.
fn rounds_drift(one: &ObservedStrategy, strategy_count: usize) -> Option<Reason> {
    let walls: Vec<f64> = one.walls.iter().map(Duration::as_secs_f64).collect();
    let Trend { p, change } = Trend::from_values(&walls)?;
    let is_trend = p < TREND_P / strategy_count.max(1) as f64 && change.abs() >= MIN_TREND;
    is_trend.then(|| Reason::RoundsDrift {
        strategy: one.name.clone(),
        p,
        change,
    })
}

fn few_samples(one: &ObservedStrategy) -> Option<Reason> {
    let percentiles = one.quantiles.iter();
    let needed: Vec<_> = percentiles
        .map(|&percentile| (percentile, required_samples(percentile)))
        .filter(|(_, needed)| one.samples < *needed)
        .collect();
    (!needed.is_empty()).then(|| Reason::FewSamples {
        strategy: one.name.clone(),
        samples: one.samples,
        needed,
    })
}

/// `None` if the denominator is 0.
fn ratio(numerator: Duration, denominator: Duration) -> Option<f64> {
    (!denominator.is_zero()).then(|| numerator.as_secs_f64() / denominator.as_secs_f64())
}
