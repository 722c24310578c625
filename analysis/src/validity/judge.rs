//! Judges what was observed in a cell.

use super::observed::{ObservedCell, ObservedStrategy};
use super::reason::Reason;
use super::verdict::{Validity, ValidityIssue, Verdict};
use crate::stats::MIN_ROUNDS;
use crate::stats::Trend;
use crate::stats::required_samples;
use std::cmp::Reverse;
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

/// The quantiles that are printed and that thresholds can use.
const QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];

impl Verdict {
    /// The verdict on the figures of a cell.
    pub fn for_cell(cell: &ObservedCell) -> Verdict {
        let mut reasons = reasons(cell);
        reasons.sort_by_key(|reason| Reverse(reason.severity()));
        let worst = reasons.first().map(Reason::severity);
        Verdict {
            validity: worst.unwrap_or(Validity::Valid),
            reasons: reasons.iter().map(ValidityIssue::from).collect(),
        }
    }
}

impl From<&Reason> for ValidityIssue {
    fn from(reason: &Reason) -> ValidityIssue {
        ValidityIssue {
            severity: reason.severity(),
            label: reason.label().to_owned(),
            message: reason.to_string(),
        }
    }
}

fn reasons(cell: &ObservedCell) -> Vec<Reason> {
    let mut reasons = cell.other_reasons.clone();
    let count = cell.server.early_responses;
    reasons.extend((count > 0).then_some(Reason::EarlyResponses { count }));
    reasons.extend(server_late(cell));
    reasons.extend(fates_differ(&cell.strategies));
    reasons.extend(fates_unknown(&cell.strategies));
    reasons.extend(work_differs(&cell.strategies));
    let comparisons = cell.strategies.len();
    let each = cell.strategies.iter();
    reasons.extend(each.flat_map(|one| strategy_reasons(one, comparisons, cell.cores)));
    let (rounds, requested) = (cell.rounds, cell.requested_rounds);
    reasons.extend((rounds < requested).then_some(Reason::RoundsMissing { rounds, requested }));
    let needed = MIN_ROUNDS;
    reasons.extend((rounds < needed).then_some(Reason::FewRounds { rounds, needed }));
    reasons
}

/// The lateness of the median round, of the strategy for which that is highest. A single stall of the machine
/// determines the p99 of its round, because a round has few responses; the median over the rounds ignores the stall.
fn server_late(cell: &ObservedCell) -> Option<Reason> {
    let delay = cell.server.median_delay.filter(|delay| !delay.is_zero())?;
    let medians = cell.strategies.iter();
    let lateness = medians
        .filter_map(ObservedStrategy::median_p99_lateness)
        .max()?;
    let late = Reason::ServerLate { lateness, delay };
    (late.severity() > Validity::Valid).then_some(late)
}

/// All strategies must have had the fates of the first strategy.
fn fates_differ(strategies: &[ObservedStrategy]) -> Option<Reason> {
    let digest = |one: &ObservedStrategy| Some((one.name.clone(), one.fates_digest.clone()?));
    let digests: Vec<_> = strategies.iter().filter_map(digest).collect();
    let first = digests.first()?;
    let other = digests.iter().find(|other| other.1 != first.1)?;
    Some(Reason::FatesDiffer {
        one: first.clone(),
        other: other.clone(),
    })
}

fn fates_unknown(strategies: &[ObservedStrategy]) -> Option<Reason> {
    let unknown = strategies.iter().filter(|one| one.fates_digest.is_none());
    let attempts = unknown.map(|one| one.timing_dependent_attempts).sum();
    (attempts > 0).then_some(Reason::FatesUnknown { attempts })
}

/// All strategies under a policy must have results comparable to those of the first strategy under that policy.
fn work_differs(strategies: &[ObservedStrategy]) -> Option<Reason> {
    let counts = |one: &ObservedStrategy| (one.name.clone(), one.downloads);
    strategies.iter().find_map(|other| {
        let mut all = strategies.iter();
        let first = all.find(|first| first.policy == other.policy)?;
        (!first.downloads.is_comparable_to(&other.downloads)).then(|| Reason::WorkDiffers {
            one: counts(first),
            other: counts(other),
        })
    })
}

/// The reasons against one strategy of a cell with `strategy_count` strategies.
fn strategy_reasons(
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
    let needed: Vec<_> = QUANTILES
        .into_iter()
        .map(|percentile| (percentile, required_samples(percentile)))
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
