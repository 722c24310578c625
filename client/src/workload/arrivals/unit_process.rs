//! Arrivals at a rate of 1: what the arrivals at any rate are made of.
//!
//! In the unit process G arrival i is at G(i) = i, or for Poisson arrivals at the sum of -ln(1 - u) over the draws u of the
//! arrivals 0 to i. Every loop goes through the whole process and takes its share of it.

use super::rate_integral::REQUEST;
use crate::workload::share::Share;
use flagpole_protocol::{DrawPurpose, RngKey, SpecError, unit_interval};
use rand::Rng as _;
use std::fmt;
use std::str::FromStr;

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

/// The arrivals of a loop at a rate of 1. Times are in units of `rate_integral`.
#[derive(Clone, Debug)]
pub(super) struct UnitProcess {
    process: ArrivalProcess,
    seed: u64,
    share: Share,
    /// When the first of the constant arrivals is; less than a request.
    phase: u128,
    /// The number of the next arrival.
    pub(super) next_number: u64,
    /// The time of the latest arrival.
    unit_time: u128,
}

impl UnitProcess {
    pub(super) fn new(process: ArrivalProcess, seed: u64, share: Share) -> UnitProcess {
        UnitProcess {
            process,
            seed,
            share,
            phase: 0,
            next_number: 0,
            unit_time: 0,
        }
    }

    /// Draws by the seed when the first of the constant arrivals is, so that those of several processes do not coincide.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to a request"
    )]
    pub(super) fn with_random_phase(mut self) -> UnitProcess {
        // Arrivals draw by numbers from 1.
        let draw = RngKey::new(self.seed, 0, "", 0)
            .rng(DrawPurpose::Arrival)
            .next_u64();
        self.phase = (unit_interval(draw) * REQUEST as f64) as u128;
        self
    }

    /// The number of the next arrival of the share, and when it is.
    pub(super) fn next(&mut self) -> (u64, u128) {
        loop {
            let number = self.next_number;
            self.next_number += 1;
            self.unit_time = match self.process {
                ArrivalProcess::Constant => u128::from(number) * REQUEST + self.phase,
                ArrivalProcess::Poisson => self.unit_time.saturating_add(self.interval(number)),
            };
            if self.share.contains(number) {
                return (number, self.unit_time);
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
