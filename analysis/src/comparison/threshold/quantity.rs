//! The metrics of thresholds, and their limits: numbers with a unit, which print as they were written.

use crate::comparison::latencies::Percentile;
use crate::comparison::strategy_result::StrategyResult;
use std::fmt;
use strum::{Display, EnumString, VariantNames};

/// A metric of one strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString, VariantNames)]
#[cfg_attr(test, derive(strum::EnumIter))]
#[strum(serialize_all = "lowercase")]
#[non_exhaustive]
pub enum Metric {
    /// The wall time of a round: the geometric mean of the rounds.
    Wall,
    /// The lower bound divided by the wall time.
    Efficiency,
    /// The median time of a successful download.
    P50,
    /// The 90th percentile of the times of successful downloads.
    P90,
    /// The 99th percentile of the times of successful downloads.
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
        let percentile = |percentile: Option<Percentile>| Some(seconds(percentile?.us));
        match self {
            Metric::Wall => Some(strategy.wall_us.mean / 1e6),
            Metric::Efficiency => strategy.efficiency,
            Metric::P50 => percentile(strategy.download_time.succeeded.p50),
            Metric::P90 => percentile(strategy.download_time.succeeded.p90),
            Metric::P99 => percentile(strategy.download_time.succeeded.p99),
            Metric::Errors => Some(strategy.error as f64),
            Metric::Goodput => Some(strategy.goodput_per_s),
            Metric::Cpu => Some(seconds(strategy.resource_usage.cpu_us())),
            Metric::Memory => Some(strategy.resource_usage.peak_memory_kib as f64 * 1024.0),
        }
    }
}

/// A number with its unit: `80ms`, `0.9`, `64MiB`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    number: f64,
    unit: Unit,
}

/// The units of one kind of quantity.
pub(super) struct Units {
    pub(super) expected: &'static str,
    units: &'static [Unit],
}

/// A unit: its name; how many of the base unit it is; how many of it the base unit is. One of the two is 1: division by
/// an integer is exact where multiplication by its inverse is not.
type Unit = (&'static str, f64, f64);

/// The base unit is a second.
const TIMES: Units = Units {
    expected: "a time such as `80ms`, in us, ms or s",
    units: &[
        ("us", 1.0, 1e6),
        ("µs", 1.0, 1e6),
        ("ms", 1.0, 1e3),
        ("s", 1.0, 1.0),
    ],
};
pub(super) const SHARES: Units = Units {
    expected: "a number such as `0.9` or `90%`",
    units: &[("", 1.0, 1.0), ("%", 1.0, 100.0)],
};
const COUNTS: Units = Units {
    expected: "a number such as `0`",
    units: &[("", 1.0, 1.0)],
};
/// The base unit is 1 per second.
const RATES: Units = Units {
    expected: "downloads per second such as `500` or `500/s`",
    units: &[("", 1.0, 1.0), ("/s", 1.0, 1.0)],
};
/// The base unit is a byte.
const SIZES: Units = Units {
    expected: "a size such as `64MiB`, in B, KiB, MiB or GiB",
    units: &[
        ("B", 1.0, 1.0),
        ("KiB", 1024.0, 1.0),
        ("MiB", 1_048_576.0, 1.0),
        ("GiB", 1_073_741_824.0, 1.0),
    ],
};

impl Quantity {
    /// Parses a number from 0 in one of these units.
    pub(super) fn parse(text: &str, units: &Units) -> Option<Quantity> {
        let is_digit = |letter: char| letter.is_ascii_digit() || letter == '.';
        let end = text.find(|letter| !is_digit(letter)).unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let number = number
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite());
        let unit = units.units.iter().find(|(name, ..)| *name == unit.trim());
        let (number, unit) = number.zip(unit.copied())?;
        Some(Quantity { number, unit })
    }

    /// The value in the base unit: seconds, bytes, a share of 1, downloads or downloads per second.
    pub fn base(&self) -> f64 {
        let (_, bases, per_base) = self.unit;
        self.number * bases / per_base
    }

    /// A value in the base unit, printed in the unit of this quantity with 4 significant digits.
    pub(super) fn in_same_unit(&self, base: f64) -> String {
        let (name, bases, per_base) = self.unit;
        let number = base * per_base / bases;
        let decimals = match number.abs() {
            number if number >= 1000.0 => 0,
            number if number >= 100.0 => 1,
            number if number >= 10.0 => 2,
            _ => 3,
        };
        let number = format!("{number:.decimals$}");
        let short = number.trim_end_matches('0').trim_end_matches('.');
        let number = if number.contains('.') { short } else { &number };
        format!("{number}{name}")
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.number, self.unit.0)
    }
}
