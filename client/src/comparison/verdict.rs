//! Whether the figures of a comparison can be believed, and what speaks against it.

mod reason;
#[cfg(test)]
mod tests;

pub use self::reason::{Reason, Resource};

use super::fates::FatesHash;
use super::interval::ADVISED;
use super::trend::Trend;
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// The share of its cores from which on a client has no computing to spare.
const SATURATED: f64 = 0.9;
/// By so much may the time that lanes were busy and the time that attempts took differ.
const BOOKS: f64 = 0.02;
/// A trend that chance explains less often than this is one.
const CHANCE: f64 = 0.01;
/// A trend by less than this does not matter.
const DRIFT: f64 = 0.02;
/// How sure it is to be that some sample lies beyond a percentile.
const SURE: f64 = 0.95;
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
pub struct Observed {
    /// How many rounds there were, the one for warming up left out.
    pub rounds: usize,
    /// How many there should have been; fewer were made if it was cut short.
    pub asked: usize,
    /// What the server did.
    pub served: Served,
    /// One for each strategy.
    pub strategies: Vec<Observation>,
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
    /// How late 99% of the delayed answers were at most. Waits for a seat are none of it.
    pub lateness: Option<Duration>,
    /// How many answers came before they were due.
    pub early: u64,
}

/// What was seen of one strategy, over all rounds.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// Its name.
    pub name: String,
    /// The wall times, in the order in which the rounds were made.
    pub walls: Vec<Duration>,
    /// The CPU time of the client's process in all rounds, user and system.
    pub cpu: Option<Duration>,
    /// How many cores it can use at once: 1 for a strategy with one thread.
    pub cores: usize,
    /// How long its lanes were busy, all together.
    pub busy: Option<Duration>,
    /// How long its attempts took, all together.
    pub attempts_took: Option<Duration>,
    /// What it met: one of [`fates::hashes`](super::fates::hashes).
    pub fates: Option<FatesHash>,
    /// Attempts whose head the server must have parsed, by the client's records and by the server's
    /// ledger.
    pub ledgers: Option<(u64, u64)>,
    /// The bound over the wall time, the largest of all rounds.
    pub efficiency: Option<f64>,
    /// How many latencies there are.
    pub samples: u64,
    /// The highest percentile that is given of them, 0 to 1: 0.99.
    pub percentile: Option<f64>,
}

impl Verdict {
    /// What is to be thought of what was seen.
    pub fn of(observed: &Observed) -> Verdict {
        let broken = observed.broken.iter().cloned();
        let broken = broken.map(|why| Reason::BrokenOff { why });
        let mut reasons: Vec<_> = broken.chain(observed.others.iter().cloned()).collect();
        reasons.extend(observed.served.reasons());
        reasons.extend(fates(&observed.strategies));
        let each = observed.strategies.iter();
        let count = observed.strategies.len();
        reasons.extend(each.flat_map(|strategy| strategy.reasons(count)));
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
    fn reasons(&self) -> Vec<Reason> {
        let early = (self.early > 0).then_some(Reason::Early { count: self.early });
        let late = self.lateness.zip(self.delay).and_then(|(lateness, delay)| {
            let late = Reason::Late { lateness, delay };
            (!delay.is_zero() && late.severity() > Validity::Valid).then_some(late)
        });
        early.into_iter().chain(late).collect()
    }
}

impl Observation {
    /// What speaks against it, being one of `count`.
    fn reasons(&self, count: usize) -> Vec<Reason> {
        let reasons = [
            self.unbalanced_ledgers(),
            self.too_efficient(),
            self.saturated(),
            self.unbalanced_books(),
            self.drifting(count),
            self.too_few_samples(),
        ];
        reasons.into_iter().flatten().collect()
    }

    fn wall(&self) -> Duration {
        self.walls.iter().sum()
    }

    fn unbalanced_ledgers(&self) -> Option<Reason> {
        let (client, server) = self.ledgers?;
        let strategy = self.name.clone();
        (client != server).then_some(Reason::Ledgers {
            strategy,
            client,
            server,
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
        let Trend { p, change } = Trend::of(&walls)?;
        let strategy = self.name.clone();
        let is_trend = p < CHANCE / count.max(1) as f64 && change.abs() >= DRIFT;
        is_trend.then_some(Reason::Drift {
            strategy,
            p,
            change,
        })
    }

    fn too_few_samples(&self) -> Option<Reason> {
        let (percentile, samples) = (self.percentile?, self.samples);
        let needed = needed(percentile);
        let strategy = self.name.clone();
        (samples < needed).then_some(Reason::FewSamples {
            strategy,
            percentile,
            samples,
            needed,
        })
    }
}

/// So many samples are needed for one to lie beyond the percentile, 19 times in 20: with fewer, the
/// largest of them is not even an upper limit of it. 299 for the 99th. S. S. Wilks, "Determination of
/// sample sizes for setting tolerance limits", Annals of Mathematical Statistics 12, 1941.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive float becomes the nearest integer there is"
)]
pub fn needed(percentile: f64) -> u64 {
    ((1.0 - SURE).ln() / percentile.ln()).ceil() as u64
}

/// All strategies are to have met the same fates as the first.
fn fates(strategies: &[Observation]) -> Option<Reason> {
    let met = |strategy: &Observation| Some((strategy.name.clone(), strategy.fates.clone()?));
    let met: Vec<_> = strategies.iter().filter_map(met).collect();
    let first = met.first()?;
    let other = met.iter().find(|other| other.1 != first.1)?;
    Some(Reason::Fates {
        one: first.clone(),
        other: other.clone(),
    })
}

fn rounds(observed: &Observed) -> Vec<Reason> {
    let (rounds, asked) = (observed.rounds, observed.asked);
    let partial = (rounds < asked).then_some(Reason::Partial { rounds, asked });
    let needed = ADVISED;
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
