//! When the requests of an open model arrive: a pure function of stages, kind of arrivals and seed.
//!
//! In a unit process G, whose rate is 1, arrival i is at G(i) = i, or for Poisson arrivals at the sum of -ln(1 - u) over the
//! draws u of the arrivals 0 to i. In the load, it is due when the integral of the rate over time is G(i) (time change of a
//! Poisson process: Cinlar, "Introduction to Stochastic Processes", 1975, chapter 4). Arrivals at the end of the last stage
//! and later do not exist. Every loop goes through the whole process and takes its share of it.

use super::rate::ArrivalRate;
use super::rate_integral::{REQUEST, StageIntegral, integrate};
use super::stages::Stage;
use crate::workload::share::Share;
use flagpole_protocol::{DrawPurpose, RngKey, SpecError, unit_interval};
use rand::Rng as _;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// How arrivals are distributed over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ArrivalProcess {
    /// At regular intervals.
    #[default]
    Constant,
    /// Independent of each other, as those of many users who know nothing of each other.
    Poisson,
}

impl ArrivalProcess {
    /// All of them.
    pub const ALL: [ArrivalProcess; 2] = [ArrivalProcess::Constant, ArrivalProcess::Poisson];

    /// The name, as in options and results.
    pub const fn name(self) -> &'static str {
        match self {
            ArrivalProcess::Constant => "constant",
            ArrivalProcess::Poisson => "poisson",
        }
    }
}

impl fmt::Display for ArrivalProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for ArrivalProcess {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<ArrivalProcess, SpecError> {
        let mut all = ArrivalProcess::ALL.into_iter();
        let found = all.find(|process| process.name() == text);
        let names = ArrivalProcess::ALL.map(ArrivalProcess::name);
        found.ok_or_else(|| SpecError::unknown("kind of arrivals", text, names))
    }
}

/// A request of an open model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The position among the arrivals of all loops, from 0.
    pub number: u64,
    /// From the start of the run; rounded down to a nanosecond.
    pub due: Duration,
}

/// The arrivals of a loop, in the order in which they are due.
///
/// ```
/// use flagpole_client::{Arrivals, ArrivalProcess, Share, Stage};
/// use std::time::Duration;
///
/// let stage = Stage::constant("200/s".parse()?, Some(Duration::from_secs(10)));
/// let arrivals = Arrivals::new(&[stage], ArrivalProcess::Constant, 7, Share::WHOLE);
/// assert_eq!(arrivals.clone().count(), 2000);
/// assert_eq!(arrivals.last().unwrap().due, Duration::from_millis(9995));
/// # Ok::<(), flagpole_protocol::SpecError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Arrivals {
    stages: Arc<[StageIntegral]>,
    process: ArrivalProcess,
    seed: u64,
    share: Share,
    /// The number of the next arrival of the unit process.
    next_number: u64,
    /// The latest time of the unit process, in units of `rate_integral`.
    unit_time: u128,
    /// The stage of the latest arrival.
    stage: usize,
}

impl Arrivals {
    /// The share of a loop in the arrivals during these stages.
    pub fn new(
        stages: &[Stage<ArrivalRate>],
        process: ArrivalProcess,
        seed: u64,
        share: Share,
    ) -> Arrivals {
        Arrivals {
            stages: integrate(stages).into(),
            process,
            seed,
            share,
            next_number: 0,
            unit_time: 0,
            stage: 0,
        }
    }

    /// The end of the last stage.
    pub fn end(&self) -> Duration {
        (self.stages.last()).map_or(Duration::ZERO, StageIntegral::end)
    }

    /// The number of the next arrival of the share, whose unit time becomes the current one.
    fn advance(&mut self) -> u64 {
        loop {
            let number = self.next_number;
            self.next_number += 1;
            self.unit_time = match self.process {
                ArrivalProcess::Constant => u128::from(number) * REQUEST,
                ArrivalProcess::Poisson => self.unit_time.saturating_add(self.interval(number)),
            };
            if self.share.contains(number) {
                return number;
            }
        }
    }

    /// The time of the unit process before a Poisson arrival: exponentially distributed with mean 1.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to about 37 requests"
    )]
    fn interval(&self, number: u64) -> u128 {
        // Request numbers of keys are from 1.
        let key = RngKey::new(self.seed, 0, "", number.wrapping_add(1));
        let draw = key.rng(DrawPurpose::Arrival).next_u64();
        (-libm::log1p(-unit_interval(draw)) * REQUEST as f64).round() as u128
    }
}

impl Iterator for Arrivals {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        if self.stage == self.stages.len() {
            return None;
        }
        let number = self.advance();
        while self.unit_time >= self.stages.get(self.stage)?.until {
            self.stage += 1;
        }
        let due = self.stages[self.stage].time_of(self.unit_time);
        Some(Arrival { number, due })
    }
}

#[cfg(test)]
mod tests;
