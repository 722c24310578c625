//! The metrics of thresholds.

use super::quantity::QuantityKind;
use std::fmt;
use std::str::FromStr;

/// A metric of one strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// The median wall time of a round.
    Wall,
    /// The lower bound divided by the wall time.
    Efficiency,
    /// The median response time of an attempt.
    P50,
    /// The 90th percentile of the response times.
    P90,
    /// The 99th percentile of the response times.
    P99,
    /// Failed downloads of all rounds.
    Errors,
    /// Successful downloads per second.
    Goodput,
    /// The CPU time of the client's process in a round, user and system.
    Cpu,
    /// The peak memory of the client's process.
    Memory,
}

/// A metric that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown metric `{0}`; known: {known}", known = Metric::known())]
pub struct UnknownMetric(String);

impl Metric {
    /// Every metric.
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

    /// The kind of its values.
    pub(super) fn kind(self) -> QuantityKind {
        match self {
            Metric::Wall | Metric::P50 | Metric::P90 | Metric::P99 | Metric::Cpu => {
                QuantityKind::Time
            }
            Metric::Efficiency => QuantityKind::Share,
            Metric::Errors => QuantityKind::Count,
            Metric::Goodput => QuantityKind::Rate,
            Metric::Memory => QuantityKind::Size,
        }
    }

    fn known() -> String {
        Metric::ALL.map(Metric::name).join(", ")
    }
}

impl FromStr for Metric {
    type Err = UnknownMetric;

    fn from_str(text: &str) -> Result<Metric, UnknownMetric> {
        let named = Metric::ALL.into_iter().find(|metric| metric.name() == text);
        named.ok_or_else(|| UnknownMetric(text.to_owned()))
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
