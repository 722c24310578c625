//! A latency: a distribution of delays with a cap.

use super::cap::Cap;
use super::constant::Constant;
use super::member::Distribution;
use crate::fate::unit_interval;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long responses are delayed, parsed from `NAME:PARAMETERS[,max=DURATION]`. A bare duration is
/// `constant`, and a text that begins with a probability is `mixture`.
#[derive(Clone, Debug)]
pub struct Latency {
    pub(super) distribution: Arc<dyn Distribution>,
    pub(super) cap: Cap,
}

impl Latency {
    /// The delay for a draw, a uniform random number; in whole microseconds, at most 24 hours.
    pub fn delay(&self, draw: u64) -> Duration {
        self.capped(self.distribution.quantile(unit_interval::unit(draw)))
    }

    /// The longest delay.
    pub fn longest(&self) -> Duration {
        self.capped(self.distribution.longest())
    }

    /// Whether no response is ever delayed.
    pub fn is_zero(&self) -> bool {
        self.longest().is_zero()
    }

    pub(super) fn capped(&self, micros: f64) -> Duration {
        let micros = self.cap.limit(micros).round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 24 h"
        )]
        Duration::from_micros(micros as u64)
    }
}

impl Default for Latency {
    /// No delay.
    fn default() -> Self {
        Latency {
            distribution: Arc::new(Constant(Duration::ZERO)),
            cap: Cap::default(),
        }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.distribution, self.cap)
    }
}

impl PartialEq for Latency {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}
