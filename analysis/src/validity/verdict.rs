//! Whether the figures of a comparison can be believed, and what speaks against it.

#[cfg(test)]
mod tests;

pub use crate::validity::reason::{Reason, Resource};

use crate::comparison::plan_digest::FatesDigest;
use crate::stats::ratio_estimate::MIN_ROUNDS;
use crate::stats::sample_size::required_samples;
use crate::stats::trend::Trend;
use crate::validity::reason::TOO_LATE;
use crate::validity::reconcile::Mismatch;
use crate::validity::server_work::DownloadCounts;
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// The share of its cores from which on a client has no computing to spare.
const SATURATED: f64 = 0.9;
/// The share of the machine's cores from which on client and server are in each other's way. Less than one
/// process alone may take: two that take turns leave cores idle without having anything to spare.
const CROWDED: f64 = 0.7;
/// By so much may the time that lanes were busy and the time that attempts took differ.
const BOOKS: f64 = 0.02;
/// A trend that chance explains less often than this is one.
const CHANCE: f64 = 0.01;
/// A trend by less than this does not matter.
const DRIFT: f64 = 0.02;
/// A little above 1 is a matter of rounding to whole microseconds.
const ROUNDING: f64 = 1.001;

/// Whether the figures can be believed. The worst reason decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    /// Nothing speaks against it.
    Valid,
    /// The figures are what was measured, but may say something else than what was asked.
    Suspect,
    /// The figures must not be used.
    Invalid,
}

/// What is to be thought of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Verdict {
    /// Whether it can be believed.
    pub validity: Validity,
    /// What speaks against it, the worst first.
    pub reasons: Vec<Told>,
}

/// A reason as a machine and as a person read it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Told {
    /// How much it weighs.
    pub severity: Validity,
    /// Its label, which stays the same.
    pub label: &'static str,
    /// A sentence with figures.
    pub sentence: String,
}

/// What was seen of a comparison under one set of conditions. What is not known is left at its default,
/// and nothing is concluded from it.
#[derive(Clone, Debug, Default)]
pub struct CellEvidence {
    /// How many rounds there were, the one for warming up left out.
    pub rounds: usize,
    /// How many there should have been; fewer were made if it was cut short.
    pub asked: usize,
    /// What the server did.
    pub served: Served,
    /// One for each strategy.
    pub strategies: Vec<StrategyEvidence>,
    /// How many cores the machine has, client and server sharing them.
    pub cores: usize,
    /// What else speaks against it.
    pub others: Vec<Reason>,
    /// What broke it off, or kept something from being measured: see [`Reason::BrokenOff`].
    pub broken: Vec<String>,
}

/// What a server did, over all rounds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Served {
    /// The median of the delays that it was asked for, those of answers that were not delayed left out.
    pub delay: Option<Duration>,
    /// How many answers came before they were due.
    pub early: u64,
}

/// What was seen of one strategy, over all rounds.
#[derive(Clone, Debug, Default)]
pub struct StrategyEvidence {
    /// Its name.
    pub name: String,
    /// The wall times, in the order in which the rounds were made.
    pub walls: Vec<Duration>,
    /// The CPU time of the client's process in all rounds, user and system.
    pub cpu: Option<Duration>,
    /// How many cores it can use at once: 1 for a strategy with one thread.
    pub cores: usize,
    /// The CPU time of the server's process in all rounds, if it is ours.
    pub server_cpu: Option<Duration>,
    /// How long its lanes were busy, all together.
    pub busy: Option<Duration>,
    /// How long its attempts took, all together.
    pub attempts_took: Option<Duration>,
    /// What it met, over what can be compared.
    pub fates: Option<FatesDigest>,
    /// How many attempts depend on timing, so that they can not be compared.
    pub apart: u64,
    /// How its downloads ended.
    pub work: DownloadCounts,
    /// Its policy, in words: only under the same one is it to do the same work as others.
    pub policy: String,
    /// The first round in which its records and the server's ledger tell different things, and what.
    pub ledgers: Option<(usize, Mismatch)>,
    /// How late 99% of the delayed answers of each round were at most. Waits for a seat are none of it.
    pub lateness: Vec<Duration>,
    /// The bound over the wall time, the largest of all rounds.
    pub efficiency: Option<f64>,
    /// How many [independent](crate::stats::sample_size::effective_sample_size) latencies there are.
    pub samples: u64,
    /// The percentiles that are given of them, 0 to 1: 0.99.
    pub percentiles: Vec<f64>,
}

impl Verdict {
    /// What is to be thought of what was seen.
    pub fn of(observed: &CellEvidence) -> Verdict {
        let broken = observed.broken.iter().cloned();
        let broken = broken.map(|why| Reason::BrokenOff { why });
        let mut reasons: Vec<_> = broken.chain(observed.others.iter().cloned()).collect();
        reasons.extend(observed.served.early());
        reasons.extend(late(observed));
        reasons.extend(fates(&observed.strategies));
        reasons.extend(unknown_fates(&observed.strategies));
        reasons.extend(work(&observed.strategies));
        let each = observed.strategies.iter();
        let count = observed.strategies.len();
        reasons.extend(each.flat_map(|strategy| strategy.reasons(count, observed.cores)));
        reasons.extend(rounds(observed));
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.severity()));
        let told: Vec<Told> = reasons.iter().map(Told::from).collect();
        let worst = told.iter().map(|told| told.severity).max();
        Verdict {
            validity: worst.unwrap_or(Validity::Valid),
            reasons: told,
        }
    }

    /// Whether the figures must not be used.
    pub fn is_invalid(&self) -> bool {
        self.validity == Validity::Invalid
    }
}

impl Served {
    fn early(&self) -> Option<Reason> {
        let count = self.early;
        (count > 0).then_some(Reason::Early { count })
    }

    /// Whether a round in which 1% of the answers were late by more than this was not delayed as asked: the
    /// machine stalled, or the server was too slow throughout.
    pub fn is_stalled(&self, lateness: Duration) -> bool {
        let delay = self.delay.unwrap_or_default();
        !delay.is_zero() && lateness > delay.mul_f64(TOO_LATE)
    }
}

/// The machine stalls now and then, and with as many answers in flight as a strategy has, one stall is the
/// 99th percentile of its round: so the rounds are judged by their median, that of the strategy for which
/// it is the largest.
fn late(observed: &CellEvidence) -> Option<Reason> {
    let delay = observed.served.delay.filter(|delay| !delay.is_zero())?;
    let medians = observed
        .strategies
        .iter()
        .filter_map(StrategyEvidence::late);
    let lateness = medians.max()?;
    let late = Reason::Late { lateness, delay };
    (late.severity() > Validity::Valid).then_some(late)
}

impl StrategyEvidence {
    /// What speaks against it, being one of `count`, on a machine of so many cores.
    fn reasons(&self, count: usize, machine: usize) -> Vec<Reason> {
        let reasons = [
            self.unbalanced_ledgers(),
            self.too_efficient(),
            self.saturated().or_else(|| self.crowded(machine)),
            self.unbalanced_books(),
            self.drifting(count),
            self.too_few_samples(),
        ];
        reasons.into_iter().flatten().collect()
    }

    fn wall(&self) -> Duration {
        self.walls.iter().sum()
    }

    /// The median of its rounds.
    fn late(&self) -> Option<Duration> {
        let mut rounds = self.lateness.clone();
        rounds.sort_unstable();
        rounds.get(rounds.len().saturating_sub(1) / 2).copied()
    }

    fn unbalanced_ledgers(&self) -> Option<Reason> {
        let (round, on) = self.ledgers?;
        let strategy = self.name.clone();
        Some(Reason::Ledgers {
            strategy,
            round,
            on,
        })
    }

    fn too_efficient(&self) -> Option<Reason> {
        let efficiency = self.efficiency?;
        let strategy = self.name.clone();
        (efficiency > ROUNDING).then_some(Reason::BelowBound {
            strategy,
            efficiency,
        })
    }

    fn saturated(&self) -> Option<Reason> {
        let (cores, strategy) = (self.cores.max(1), self.name.clone());
        let share = ratio(self.cpu?, self.wall())? / cores as f64;
        (share > SATURATED).then_some(Reason::Cpu {
            strategy,
            share,
            cores,
        })
    }

    /// Where client and server together need most of the machine, they wait for each other's processors.
    fn crowded(&self, cores: usize) -> Option<Reason> {
        let both = self.cpu? + self.server_cpu?;
        let share = ratio(both, self.wall())? / cores.max(1) as f64;
        let strategy = self.name.clone();
        (share > CROWDED).then_some(Reason::Crowded {
            strategy,
            share,
            cores,
        })
    }

    fn unbalanced_books(&self) -> Option<Reason> {
        let (busy, attempts) = (self.busy?, self.attempts_took?);
        let strategy = self.name.clone();
        let apart = ratio(busy.abs_diff(attempts), busy.max(attempts))?;
        (apart > BOOKS).then_some(Reason::Books {
            strategy,
            busy,
            attempts,
        })
    }

    /// Every strategy could drift by chance: each is held to its part of it (Bonferroni).
    fn drifting(&self, count: usize) -> Option<Reason> {
        let walls: Vec<f64> = self.walls.iter().map(Duration::as_secs_f64).collect();
        let Trend { p, change } = Trend::from_values(&walls)?;
        let strategy = self.name.clone();
        let is_trend = p < CHANCE / count.max(1) as f64 && change.abs() >= DRIFT;
        is_trend.then_some(Reason::Drift {
            strategy,
            p,
            change,
        })
    }

    fn too_few_samples(&self) -> Option<Reason> {
        let (strategy, samples) = (self.name.clone(), self.samples);
        let percentiles = self.percentiles.iter();
        let needed: Vec<_> = percentiles
            .map(|&one| (one, required_samples(one)))
            .collect();
        let needed: Vec<_> = needed
            .into_iter()
            .filter(|(_, needed)| samples < *needed)
            .collect();
        (!needed.is_empty()).then_some(Reason::FewSamples {
            strategy,
            samples,
            needed,
        })
    }
}

/// All strategies are to have met the same fates as the first.
fn fates(strategies: &[StrategyEvidence]) -> Option<Reason> {
    let met = |strategy: &StrategyEvidence| Some((strategy.name.clone(), strategy.fates.clone()?));
    let met: Vec<_> = strategies.iter().filter_map(met).collect();
    let first = met.first()?;
    let other = met.iter().find(|other| other.1 != first.1)?;
    Some(Reason::Fates {
        one: first.clone(),
        other: other.clone(),
    })
}

/// Where nothing can be compared, nobody knows whether they met the same.
fn unknown_fates(strategies: &[StrategyEvidence]) -> Option<Reason> {
    let is_unknown = |one: &&StrategyEvidence| one.fates.is_none();
    let unknown = strategies.iter().filter(is_unknown);
    let apart = unknown.map(|one| one.apart).sum();
    (apart > 0).then_some(Reason::UnknownFates { apart })
}

/// All strategies under one policy are to have done the same work as the first under it.
fn work(strategies: &[StrategyEvidence]) -> Option<Reason> {
    let told = |strategy: &StrategyEvidence| (strategy.name.clone(), strategy.work);
    strategies.iter().find_map(|other| {
        let mut all = strategies.iter();
        let first = all.find(|first| first.policy == other.policy)?;
        (!first.work.is_like(&other.work)).then(|| Reason::DownloadCounts {
            one: told(first),
            other: told(other),
        })
    })
}

fn rounds(observed: &CellEvidence) -> Vec<Reason> {
    let (rounds, asked) = (observed.rounds, observed.asked);
    let partial = (rounds < asked).then_some(Reason::Partial { rounds, asked });
    let needed = MIN_ROUNDS;
    let few = (rounds < needed).then_some(Reason::FewRounds { rounds, needed });
    partial.into_iter().chain(few).collect()
}

/// `None` over nothing.
fn ratio(one: Duration, other: Duration) -> Option<f64> {
    (!other.is_zero()).then(|| one.as_secs_f64() / other.as_secs_f64())
}

impl From<&Reason> for Told {
    fn from(reason: &Reason) -> Told {
        Told {
            severity: reason.severity(),
            label: reason.label(),
            sentence: reason.to_string(),
        }
    }
}

impl fmt::Display for Validity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Validity::Valid => "VALID",
            Validity::Suspect => "SUSPECT",
            Validity::Invalid => "INVALID",
        })
    }
}

impl fmt::Display for Verdict {
    /// The word, and a line for each reason.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.validity.fmt(f)?;
        for Told {
            severity, sentence, ..
        } in &self.reasons
        {
            write!(f, "\n  {severity}: {sentence}")?;
        }
        Ok(())
    }
}
