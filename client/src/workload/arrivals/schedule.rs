//! When the requests of an open model arrive: a pure function of stages, kind of arrivals and seed.
//!
//! Arrival i is due when the integral of the rate over time is the time G(i) of the arrival in a
//! [unit process](super::unit_process) (time change of a Poisson process: Cinlar, "Introduction to Stochastic Processes",
//! 1975, chapter 4). Arrivals at the end of the last stage and later do not exist.

use super::rate::ArrivalRate;
use super::rate_integral::{StageIntegral, integrate};
use super::stages::Stage;
use super::unit_process::{ArrivalProcess, UnitProcess};
use crate::workload::share::Share;
use std::sync::Arc;
use std::time::Duration;

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
    unit_process: UnitProcess,
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
            unit_process: UnitProcess::new(process, seed, share),
            stage: 0,
        }
    }

    /// The end of the last stage.
    pub fn end(&self) -> Duration {
        (self.stages.last()).map_or(Duration::ZERO, StageIntegral::end)
    }
}

impl Iterator for Arrivals {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        if self.stage == self.stages.len() {
            return None;
        }
        let (number, unit_time) = self.unit_process.next();
        while unit_time >= self.stages.get(self.stage)?.until {
            self.stage += 1;
        }
        let due = self.stages[self.stage].time_of(unit_time);
        Some(Arrival { number, due })
    }
}

#[cfg(test)]
mod tests;
