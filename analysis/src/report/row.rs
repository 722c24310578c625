//! One contender of a comparison: its figures over all rounds.

use super::attempt::Attempt;
use super::comparison::Served;
use super::figures::{Percentiles, Point, Spread, curve, middle, upper_median};
use crate::bound::terms::BoundTerms;
use crate::report::resource_usage::ResourceUsage;
use crate::validity::server_work::DownloadCounts;
use flagpole_protocol::MeasuredRun;
use flagpole_protocol::OutcomeClass;
use flagpole_protocol::as_micros;
use flagpole_protocol::{OutcomeCount, RunStats};
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

/// One strategy's run in one round.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The round, from 1.
    pub round: usize,
    /// Its place in the order of the round, from 1.
    pub place: usize,
    /// The run.
    pub measured: MeasuredRun,
    /// What it cost.
    pub cost: ResourceUsage,
    /// The least wall time that was possible, by its terms; `None` if there is no bound.
    pub terms: Option<BoundTerms>,
    /// What the server did in it; `None` if it is not ours.
    pub served: Option<Served>,
}

/// One contender: a strategy, perhaps by a transport and under a policy of its own. `wall_us`,
/// `bound_us`, `efficiency` and `cost` are medians over the rounds, latencies and counts are of all
/// rounds together.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StrategyResult {
    /// Its name: that of the strategy, and what tells it from others of the same.
    pub strategy: String,
    /// How many lanes it had.
    pub concurrency: usize,
    /// The wall time of a round.
    pub wall_us: Spread,
    /// How many times faster than the first contender; none if that did other work.
    pub speedup: Option<Ratio>,
    /// How many times as long as the fastest contender that did the same work.
    pub behind: Option<Ratio>,
    /// A contender to which no ratio is given, because its downloads ended otherwise: the first one, or else
    /// the fastest of those that did most.
    pub unlike: Option<String>,
    /// The least wall time that was possible; none if the server did not say what it planned.
    pub bound_us: Option<u64>,
    /// The bound over the wall time of the same round, 0 to 1.
    pub efficiency: Option<f64>,
    /// Latencies of an attempt from when it was due.
    pub from_due_us: Percentiles,
    /// Latencies of an attempt from when it was sent.
    pub from_sent_us: Percentiles,
    /// Downloads.
    pub ok: u64,
    /// Flags that do not exist.
    pub not_found: u64,
    /// Failures.
    pub error: u64,
    /// Jobs that a cancelled run never started.
    pub unstarted: u64,
    /// Attempts in all.
    pub attempts: u64,
    /// Those that were made because one before had failed.
    pub retries: u64,
    /// Those that were made because one before took long.
    pub hedges: u64,
    /// Attempts of which the fate is compared with those of other contenders and rounds.
    pub compared: u64,
    /// Those that depend on timing, or come behind one that does: they are in no digest.
    pub apart: u64,
    /// The failures by what they were.
    pub failures: Vec<Failure>,
    /// What a run cost.
    pub cost: ResourceUsage,
    /// A digest of the fates met, over what can be compared between contenders: 16 digits, the same for
    /// all that met the same; none if nothing can be compared.
    pub fates: Option<String>,
    /// What holds it back, and what would help.
    pub binding: Option<BottleneckView>,
    /// The distributions of the latencies.
    pub percentiles: Vec<Point>,
    /// Its rounds, but the one that was for warming up.
    pub rounds: Vec<Round>,
    /// The rounds in which 1% of the answers were late by more than a fifth of the median delay: the machine
    /// stalled. They are in all figures.
    pub stalled: Vec<usize>,
    /// The round of the median wall time: the one that `attempts_of_median` tells.
    pub median_round: usize,
    /// Every attempt of that round, in the order in which they completed.
    pub attempts_of_median: Vec<Attempt>,
    /// That round as a picture of blocks, as wide as the longest of all contenders took.
    pub waterfall: Vec<String>,
}

/// A ratio with its interval of 95%, if there were rounds enough.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Ratio {
    /// What it is a ratio to.
    pub to: String,
    /// The ratio: of the medians if there are no intervals, else the mean over the rounds.
    pub ratio: f64,
    /// Where the interval begins and ends.
    pub interval: Option<[f64; 2]>,
    /// Whether the interval leaves 1 out.
    pub is_difference: Option<bool>,
    /// The smallest difference that would have been seen: 0.02 is one of 2%.
    pub smallest: Option<f64>,
}

/// What holds a contender back, in its median round.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct BottleneckView {
    /// What it is: `latency`, `lanes`, `straggler`.
    pub what: String,
    /// From what that is seen.
    pub evidence: String,
    /// What would help.
    pub remedy: String,
    /// The terms of the bound; none if the server did not say what it planned.
    pub terms: Option<BoundTerms>,
}

/// One round of a contender.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Round {
    /// The round, from 1.
    pub round: usize,
    /// Its place in the order of the round, from 1.
    pub place: usize,
    /// Its wall time.
    pub wall_us: u64,
    /// The least wall time that was possible.
    pub bound_us: Option<u64>,
    /// Downloads.
    pub ok: u64,
    /// Flags that do not exist.
    pub not_found: u64,
    /// Failures.
    pub error: u64,
    /// What it cost.
    pub cost: ResourceUsage,
    /// The processor time of the server's process; none if it is not ours.
    pub server_cpu_us: Option<u64>,
    /// How late 99% of the delayed answers were at most, in microseconds; none if none was delayed, or if the
    /// server is not ours.
    pub lateness_p99_us: Option<f64>,
}

/// One kind of failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Failure {
    /// The outcome's label: `http_500`.
    pub outcome: String,
    /// The reason that a person reads.
    pub reason: String,
    /// How many downloads failed so.
    pub count: u64,
}

impl Trial {
    /// How late 99% of the delayed answers were at most, in microseconds.
    pub fn lateness_us(&self) -> Option<f64> {
        let served = self.served.as_ref().filter(|served| served.delayed > 0)?;
        Some(served.lateness_p99_us)
    }

    /// The bound over the wall time, 0 to 1; `None` without a bound, and where nothing had to be waited for.
    pub fn efficiency(&self) -> Option<f64> {
        let (bound, wall) = (self.terms?.total(), self.measured.wall);
        (!wall.is_zero() && !bound.is_zero()).then(|| bound.as_secs_f64() / wall.as_secs_f64())
    }
}

impl StrategyResult {
    /// The figures of these trials, without what follows only from a comparison with others; `None`
    /// without a trial.
    pub fn of(name: &str, trials: &[&Trial]) -> Option<StrategyResult> {
        let wall_us = Spread::of(trials.iter().map(|trial| as_micros(trial.measured.wall)))?;
        let bounds = trials.iter().filter_map(|trial| bound_us(trial));
        let mut tally = RunStats::default();
        for trial in trials {
            tally += &trial.measured.stats;
        }
        let costs: Vec<ResourceUsage> = trials.iter().map(|trial| trial.cost).collect();
        let median = representative(trials)?;
        Some(StrategyResult {
            strategy: name.to_owned(),
            concurrency: trials.first()?.measured.concurrency,
            wall_us,
            speedup: None,
            behind: None,
            unlike: None,
            bound_us: Spread::of(bounds).map(|bounds| bounds.median),
            efficiency: upper_median(trials.iter().filter_map(|one| one.efficiency())),
            from_due_us: Percentiles::of(&tally.response_time),
            from_sent_us: Percentiles::of(&tally.service_time),
            ok: tally.ok,
            not_found: tally.not_found,
            error: tally.error,
            unstarted: tally.unstarted,
            attempts: tally.attempts(),
            retries: tally.retries,
            hedges: tally.hedges,
            compared: 0,
            apart: 0,
            failures: failures(&tally),
            cost: ResourceUsage::median(&costs),
            fates: None,
            binding: None,
            percentiles: curve(&tally.response_time, &tally.service_time),
            rounds: trials.iter().map(|trial| Round::of(trial)).collect(),
            stalled: Vec::new(),
            median_round: median.round,
            attempts_of_median: median.measured.records.iter().map(Attempt::from).collect(),
            waterfall: Vec::new(),
        })
    }
}

impl StrategyResult {
    /// How its downloads ended.
    pub fn work(&self) -> DownloadCounts {
        DownloadCounts {
            ok: self.ok,
            not_found: self.not_found,
            error: self.error,
            unstarted: self.unstarted,
        }
    }

    /// Downloads a second that were done, by the median wall time; 0 without any.
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

/// The trial of the median wall time.
pub fn representative<'a>(trials: &[&'a Trial]) -> Option<&'a Trial> {
    let mut sorted: Vec<&Trial> = trials.to_vec();
    sorted.sort_by_key(|trial| trial.measured.wall);
    sorted.get(middle(sorted.len())).copied()
}

impl Round {
    fn of(trial: &Trial) -> Round {
        let tally = &trial.measured.stats;
        Round {
            round: trial.round,
            place: trial.place,
            wall_us: as_micros(trial.measured.wall),
            bound_us: bound_us(trial),
            ok: tally.ok,
            not_found: tally.not_found,
            error: tally.error,
            cost: trial.cost,
            server_cpu_us: trial.served.as_ref().map(|served| served.cpu_us),
            lateness_p99_us: trial.lateness_us(),
        }
    }
}

fn bound_us(trial: &Trial) -> Option<u64> {
    trial.terms.map(|terms| as_micros(terms.total()))
}

fn failures(tally: &RunStats) -> Vec<Failure> {
    let is_failure =
        |count: &OutcomeCount| count.class == OutcomeClass::Error && count.downloads > 0;
    let failure = |(label, count): (&Cow<'static, str>, &OutcomeCount)| Failure {
        outcome: label.to_string(),
        reason: count.reason.clone(),
        count: count.downloads,
    };
    let errors = tally.outcomes.iter().filter(|(_, count)| is_failure(count));
    errors.map(failure).collect()
}
