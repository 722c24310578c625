//! The results of one strategy over all rounds.

#[cfg(test)]
mod tests;

use super::figures::{PercentilePoint, ResourceUsage, Spread, distribution};
use super::latencies::{self, LatencyByResult};
use super::program::ProgramFigures;
use super::ratio::Ratio;
use super::trial::{AttemptView, RoundResult, Trial, median_trial};
use crate::bottleneck::Bottleneck;
use crate::stats::mean::geometric_mean;
use crate::stats::required_samples;
use crate::validity::{DownloadCounts, LostWall};
use flagpole_protocol::{AttemptRecord, OutcomeClass, RunStats, as_micros};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The maximum number of attempts in a result.
const MAX_ATTEMPTS: usize = 1000;

/// The results of one strategy over all rounds. A round is one run of every strategy. `wall_us`, `bound_us`,
/// `efficiency` and `resource_usage` are of the rounds; latencies and counts are of all rounds together.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct StrategyResult {
    /// The name of the strategy, with its policy where several are compared: `async+hedged`.
    pub name: String,
    /// The maximum number of its requests in flight.
    pub concurrency: usize,
    /// The wall time of a round.
    pub wall_us: Spread,
    /// Its wall time relative to each other strategy whose downloads ended alike: above 1 it takes longer.
    #[serde(default)]
    pub ratios: Vec<Ratio>,
    /// Successful downloads of a round per second of the wall time.
    #[serde(default)]
    pub goodput_per_s: f64,
    /// Attempts of a round per second of the wall time.
    #[serde(default)]
    pub requests_per_s: f64,
    /// The lower bound: the shortest wall time that the server's planned delays and limits allow, the geometric mean of
    /// the rounds; null if the server does not report its delays.
    pub bound_us: Option<u64>,
    /// The lower bound divided by the wall time, 0 to 1: the geometric mean of the rounds, which is the quotient of the
    /// means. Null if more than 1% of the downloads failed, because a failure may take far less time than a success.
    pub efficiency: Option<f64>,
    /// Times of downloads: from when the run or a predecessor made a download due until it was verified or failed, with
    /// backoff and all waits between its attempts.
    #[serde(default)]
    pub download_time: LatencyByResult,
    /// Response times of attempts: from when an attempt was due to its end.
    #[serde(default)]
    pub response_time: LatencyByResult,
    /// Service times of attempts: from when a request was sent to its end.
    #[serde(default)]
    pub service_time: LatencyByResult,
    /// Downloads that succeeded.
    pub ok: u64,
    /// Downloads that ended with 404.
    pub not_found: u64,
    /// Downloads that failed.
    pub error: u64,
    /// Downloads that did not end, because the run was cancelled.
    pub unstarted: u64,
    /// All attempts.
    pub attempts: u64,
    /// Attempts made because the previous one failed.
    pub retries: u64,
    /// Attempts made because the previous one took long.
    pub hedges: u64,
    /// Attempts whose fates (all that was planned for their responses) are compared with other strategies and rounds.
    pub fates_compared: u64,
    /// Attempts that are not compared: their results depend on timing (a hedge, a timeout, a rejection by a limit), or
    /// they follow such an attempt in the same download.
    pub timing_dependent: u64,
    /// The failed downloads by their outcomes.
    pub failures: Vec<FailureCount>,
    /// The resources that the client's process used in a round: the median of each figure.
    pub resource_usage: ResourceUsage,
    /// The digest of the compared fates of every round: 16 digits, equal for equal fates; null if rounds differ, or if
    /// none can be compared.
    pub fates_digest: Option<String>,
    /// The digest of the compared bodies of every round: 16 digits, equal for equal bodies; null if rounds differ, or if
    /// none can be compared.
    #[serde(default)]
    pub bodies_digest: Option<String>,
    /// What limits the median round.
    pub bottleneck: Option<Bottleneck>,
    /// The distributions of the latencies of successful downloads and attempts, up to the quantile that the number of
    /// samples supports.
    pub percentiles: Vec<PercentilePoint>,
    /// The rounds, without the warm-up round.
    pub rounds: Vec<RoundResult>,
    /// The rounds in which the machine stalled (the server was late, or processor time was lost) and that are part of the
    /// figures nevertheless.
    pub stalled_rounds: Vec<usize>,
    /// The wall time of all rounds in which the strategy did not get a processor, because others used it or its process
    /// was stopped; null if the system does not report it.
    #[serde(default)]
    pub lost_us: Option<u64>,
    /// The round with the median wall time.
    pub median_round: usize,
    /// The number of attempts of the median round.
    #[serde(default)]
    pub median_round_attempt_count: usize,
    /// The attempts of the median round in the order of completion: the first 1,000 of them. `--records` writes all.
    pub median_round_attempts: Vec<AttemptView>,
    /// The median round in block characters, on the time scale of the slowest strategy under the same conditions.
    pub timeline: Vec<String>,
    /// What only a program has; null for a strategy.
    #[serde(default)]
    pub program: Option<ProgramFigures>,
}

/// A kind of failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct FailureCount {
    /// The label of the outcome: `http_500`.
    pub outcome: String,
    /// The reason for people.
    pub reason: String,
    /// The number of downloads with this outcome.
    pub count: u64,
}

impl StrategyResult {
    /// The results of these trials; `None` without trials. A trial is one run of a strategy in one round. The caller
    /// adds what takes more than the trials: ratios, the comparison of fates, the bottleneck, stalled rounds and the
    /// timeline.
    pub fn from_trials(name: &str, trials: &[Trial]) -> Option<StrategyResult> {
        let mut stats = RunStats::default();
        for trial in trials {
            stats += &trial.measured.stats;
        }
        let bounds = trials.iter().filter_map(Trial::bound_us);
        let usages: Vec<_> = trials.iter().map(|trial| trial.resource_usage).collect();
        let runs: Vec<_> = trials
            .iter()
            .map(|trial| &trial.measured.records[..])
            .collect();
        let median = median_trial(trials)?;
        let lost = trials.iter().map(Trial::lost_wall);
        let attempts = median.measured.records.iter();
        let attempts = attempts.filter(|record| record.was_sent());
        let wall_us =
            Spread::from_values(trials.iter().map(|trial| as_micros(trial.measured.wall)))?;
        let per_second = |count: u64| match wall_us.mean * trials.len() as f64 {
            micros if micros > 0.0 => count as f64 / micros * 1e6,
            _ => 0.0,
        };
        let download_time = LatencyByResult::of_downloads(&runs);
        let mut percentiles = distribution(
            &latencies::downloads_us(&runs),
            &latencies::attempts_us(&runs, AttemptRecord::response_time),
            &latencies::attempts_us(&runs, AttemptRecord::service_time),
        );
        let independent = download_time.succeeded.independent;
        percentiles.retain(|point| required_samples(point.quantile) <= independent);
        let result = StrategyResult {
            name: name.to_owned(),
            concurrency: median.measured.concurrency,
            wall_us,
            goodput_per_s: per_second(stats.ok),
            requests_per_s: per_second(stats.requests()),
            bound_us: geometric_mean(bounds.map(|us| us as f64)).map(whole_micros),
            download_time,
            response_time: LatencyByResult::of_attempts(&runs, AttemptRecord::response_time),
            service_time: LatencyByResult::of_attempts(&runs, AttemptRecord::service_time),
            ok: stats.ok,
            not_found: stats.not_found,
            error: stats.error,
            unstarted: stats.unstarted,
            attempts: stats.attempts(),
            retries: stats.retries,
            hedges: stats.hedges,
            failures: failures(&stats),
            resource_usage: ResourceUsage::median(&usages),
            percentiles,
            rounds: trials.iter().map(RoundResult::from).collect(),
            program: ProgramFigures::from_trials(trials),
            lost_us: lost
                .sum::<Option<LostWall>>()
                .map(|lost| as_micros(lost.total())),
            median_round: median.round,
            median_round_attempt_count: attempts.clone().count(),
            median_round_attempts: attempts.take(MAX_ATTEMPTS).map(AttemptView::from).collect(),
            ..StrategyResult::default()
        };
        let efficiency = geometric_mean(trials.iter().filter_map(Trial::efficiency));
        Some(StrategyResult {
            efficiency: efficiency.filter(|_| !result.downloads().has_many_errors()),
            ..result
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

    /// Its wall time relative to that of the strategy of this name; `None` for itself, and if their downloads ended
    /// differently.
    pub fn ratio_to(&self, name: &str) -> Option<&Ratio> {
        self.ratios.iter().find(|ratio| ratio.to == name)
    }
}

fn whole_micros(micros: f64) -> u64 {
    as_micros(Duration::from_secs_f64(micros / 1e6))
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
