//! The metrics of thresholds.

use super::quantity::{COUNTS, RATES, SHARES, SIZES, TIMES, Units};
use crate::comparison::strategy_result::StrategyResult;
use strum::{Display, EnumString, VariantNames};

/// A metric of one strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString, VariantNames)]
#[cfg_attr(test, derive(strum::EnumIter))]
#[strum(serialize_all = "lowercase")]
#[non_exhaustive]
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

impl Metric {
    pub(super) fn units(self) -> &'static Units {
        match self {
            Metric::Wall | Metric::P50 | Metric::P90 | Metric::P99 | Metric::Cpu => &TIMES,
            Metric::Efficiency => &SHARES,
            Metric::Errors => &COUNTS,
            Metric::Goodput => &RATES,
            Metric::Memory => &SIZES,
        }
    }

    /// The value in the base unit: times in seconds, memory in bytes, efficiency as a share of 1, errors in downloads,
    /// goodput in downloads per second. `None` if it is unknown: no efficiency without a bound, no percentile without
    /// samples.
    pub(super) fn value(self, strategy: &StrategyResult) -> Option<f64> {
        let seconds = |micros: u64| micros as f64 / 1e6;
        match self {
            Metric::Wall => Some(seconds(strategy.wall_us.median)),
            Metric::Efficiency => strategy.efficiency,
            Metric::P50 => strategy.response_time_us.p50.map(seconds),
            Metric::P90 => strategy.response_time_us.p90.map(seconds),
            Metric::P99 => strategy.response_time_us.p99.map(seconds),
            Metric::Errors => Some(strategy.error as f64),
            Metric::Goodput => Some(strategy.goodput()),
            Metric::Cpu => Some(seconds(strategy.resource_usage.cpu_us())),
            Metric::Memory => Some(strategy.resource_usage.peak_memory_kib as f64 * 1024.0),
        }
    }
}
