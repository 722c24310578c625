//! The figures that a threshold can be about.

use super::ThresholdError;
use super::quantity::Kind;
use std::fmt;
use std::str::FromStr;

/// A figure of one strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// The median wall time of a round.
    Wall,
    /// The bound over the wall time.
    Efficiency,
    /// The median latency from when an attempt was due.
    P50,
    /// Its 90th percentile.
    P90,
    /// Its 99th percentile.
    P99,
    /// Downloads that ended in an error, in all rounds.
    Errors,
    /// Downloads a second that were done.
    Goodput,
    /// CPU time of the client's process in a round, user and system.
    Cpu,
    /// The client's peak memory.
    Memory,
}

impl Metric {
    /// All of them.
    pub const ALL: [Metric; 9] = [
        Metric::Wall,
        Metric::Efficiency,
        Metric::P50,
        Metric::P90,
        Metric::P99,
        Metric::Errors,
        Metric::Goodput,
        Metric::Cpu,
        Metric::Memory,
    ];

    /// The name in a threshold.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Wall => "wall",
            Metric::Efficiency => "efficiency",
            Metric::P50 => "p50",
            Metric::P90 => "p90",
            Metric::P99 => "p99",
            Metric::Errors => "errors",
            Metric::Goodput => "goodput",
            Metric::Cpu => "cpu",
            Metric::Memory => "memory",
        }
    }

    /// What its numbers are.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Metric::Wall | Metric::P50 | Metric::P90 | Metric::P99 | Metric::Cpu => Kind::Time,
            Metric::Efficiency => Kind::Share,
            Metric::Errors => Kind::Count,
            Metric::Goodput => Kind::Rate,
            Metric::Memory => Kind::Size,
        }
    }

    pub(crate) fn known() -> String {
        Metric::ALL.map(Metric::name).join(", ")
    }
}

impl FromStr for Metric {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Metric, ThresholdError> {
        let named = Metric::ALL.into_iter().find(|metric| metric.name() == text);
        named.ok_or_else(|| ThresholdError::Metric(text.to_owned()))
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
