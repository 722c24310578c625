//! The results of one strategy over all rounds.

#[cfg(test)]
mod tests;

use super::attempt_view::AttemptView;
use super::percentiles::{PercentilePoint, Percentiles, Spread, distribution};
use super::ratio::Ratio;
use super::resource_usage::ResourceUsage;
use super::round_result::RoundResult;
use super::trial::{Trial, median_trial};
use crate::bottleneck::Bottleneck;
use crate::stats::median::upper_median;
use crate::validity::download_counts::DownloadCounts;
use flagpole_protocol::{OutcomeClass, RunStats, as_micros};
use schemars::JsonSchema;
use serde::Serialize;

/// The results of one strategy: `wall_us`, `bound_us`, `efficiency` and `resource_usage` are medians over the rounds,
/// latencies and counts are of all rounds together.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StrategyResult {
    /// The name of the strategy, with its transport and policy where these vary: `async+ureq`.
    pub name: String,
    /// Its concurrency.
    pub concurrency: usize,
    /// The wall time of a round.
    pub wall_us: Spread,
    /// How many times faster than the first strategy; null if that had other results.
    pub speedup: Option<Ratio>,
    /// The time relative to the fastest strategy with comparable results.
    pub ratio_to_fastest: Option<Ratio>,
    /// A strategy to which no ratio is given, because different numbers of downloads succeeded: the first strategy, or
    /// the fastest of those that completed most downloads.
    pub incomparable_to: Option<String>,
    /// The lower bound of the wall time; null if the server does not report its delays.
    pub bound_us: Option<u64>,
    /// The lower bound divided by the wall time of the same round, 0 to 1.
    pub efficiency: Option<f64>,
    /// Response times of attempts: from when they were due.
    pub response_time_us: Percentiles,
    /// Service times of attempts: from when they were sent.
    pub service_time_us: Percentiles,
    /// Downloads that succeeded.
    pub ok: u64,
    /// Downloads that ended with 404.
    pub not_found: u64,
    /// Downloads that failed.
    pub error: u64,
    /// Downloads without an end, because the run was cancelled.
    pub unstarted: u64,
    /// All attempts.
    pub attempts: u64,
    /// Attempts made because the previous one failed.
    pub retries: u64,
    /// Attempts made because the previous one took long.
    pub hedges: u64,
    /// Attempts whose fates are compared with those of other strategies and rounds.
    pub fates_compared: u64,
    /// Timing-dependent attempts and those after them, which are in no digest.
    pub timing_dependent: u64,
    /// The failures by their outcomes.
    pub failures: Vec<FailureCount>,
    /// The resources that a run used.
    pub resource_usage: ResourceUsage,
    /// The digest of the compared fates: 16 digits, equal for equal fates; null if none can be compared.
    pub fates_digest: Option<String>,
    /// What limits the median round.
    pub bottleneck: Option<Bottleneck>,
    /// The distributions of the latencies.
    pub percentiles: Vec<PercentilePoint>,
    /// The rounds, without the warm-up round.
    pub rounds: Vec<RoundResult>,
    /// The rounds in which the p99 lateness was above 20% of the median delay. They are part of all figures.
    pub stalled_rounds: Vec<usize>,
    /// The round with the median wall time.
    pub median_round: usize,
    /// Every attempt of the median round, in the order of completion.
    pub median_round_attempts: Vec<AttemptView>,
    /// The median round as block characters, on the scale of the longest strategy of the cell.
    pub timeline: Vec<String>,
}

/// A kind of failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FailureCount {
    /// The label of the outcome: `http_500`.
    pub outcome: String,
    /// The reason for people.
    pub reason: String,
    /// The number of downloads with this outcome.
    pub count: u64,
}

impl StrategyResult {
    /// The results of these trials, without what follows from a comparison with other strategies; `None` without a
    /// trial.
    pub fn from_trials(name: &str, trials: &[&Trial]) -> Option<StrategyResult> {
        let mut stats = RunStats::default();
        for trial in trials {
            stats += &trial.measured.stats;
        }
        let bounds = trials.iter().filter_map(|trial| trial.bound_us());
        let usages: Vec<_> = trials.iter().map(|trial| trial.resource_usage).collect();
        let median = median_trial(trials)?;
        Some(StrategyResult {
            name: name.to_owned(),
            concurrency: median.measured.concurrency,
            wall_us: Spread::of_values(trials.iter().map(|trial| as_micros(trial.measured.wall)))?,
            speedup: None,
            ratio_to_fastest: None,
            incomparable_to: None,
            bound_us: Spread::of_values(bounds).map(|bounds| bounds.median),
            // The upper median, because the lower median of the wall times belongs to it.
            efficiency: upper_median(trials.iter().filter_map(|trial| trial.efficiency())),
            response_time_us: Percentiles::from(&stats.response_time),
            service_time_us: Percentiles::from(&stats.service_time),
            ok: stats.ok,
            not_found: stats.not_found,
            error: stats.error,
            unstarted: stats.unstarted,
            attempts: stats.attempts(),
            retries: stats.retries,
            hedges: stats.hedges,
            fates_compared: 0,
            timing_dependent: 0,
            failures: failures(&stats),
            resource_usage: ResourceUsage::median(&usages),
            fates_digest: None,
            bottleneck: None,
            percentiles: distribution(&stats.response_time, &stats.service_time),
            rounds: trials
                .iter()
                .map(|&trial| RoundResult::from(trial))
                .collect(),
            stalled_rounds: Vec::new(),
            median_round: median.round,
            median_round_attempts: median
                .measured
                .records
                .iter()
                .map(AttemptView::from)
                .collect(),
            timeline: Vec::new(),
        })
    }

    /// How its downloads ended.
    pub fn downloads(&self) -> DownloadCounts {
        DownloadCounts {
            ok: self.ok,
            not_found: self.not_found,
            error: self.error,
            unstarted: self.unstarted,
        }
    }

    /// Successful downloads per second of the median wall time; 0 without any.
    pub fn goodput(&self) -> f64 {
        let rounds = self.rounds.len().max(1) as f64;
        let seconds = self.wall_us.median as f64 / 1e6;
        if seconds > 0.0 {
            self.ok as f64 / rounds / seconds
        } else {
            0.0
        }
    }
}

fn failures(stats: &RunStats) -> Vec<FailureCount> {
    let failures = stats
        .outcomes
        .iter()
        .filter(|(_, count)| count.class == OutcomeClass::Error && count.downloads > 0);
    failures
        .map(|(label, count)| FailureCount {
            outcome: label.to_string(),
            reason: count.reason.clone(),
            count: count.downloads,
        })
        .collect()
}
