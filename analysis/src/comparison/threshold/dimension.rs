//! What kind of quantity a metric is: its units in conditions, in the result document, and for people.

use crate::human::{HumanDuration, rate, ratio_texts};
use std::time::Duration;

/// A kind of quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dimension {
    Time,
    /// A part of a whole, 0 to 1.
    Share,
    Count,
    /// Per second.
    Rate,
    Size,
    /// A quotient of two values of one metric.
    Ratio,
}

/// A unit: its name; how many of the base unit it is; how many of it the base unit is. One of the two is 1: division by
/// an integer is exact where multiplication by its inverse is not.
pub(super) type Unit = (&'static str, f64, f64);

/// The base unit is a second.
const TIMES: &[Unit] = &[
    ("us", 1.0, 1e6),
    ("µs", 1.0, 1e6),
    ("ms", 1.0, 1e3),
    ("s", 1.0, 1.0),
];
const SHARES: &[Unit] = &[("", 1.0, 1.0), ("%", 1.0, 100.0)];
const COUNTS: &[Unit] = &[("", 1.0, 1.0)];
const RATES: &[Unit] = &[("", 1.0, 1.0), ("/s", 1.0, 1.0)];
/// The base unit is a byte.
const SIZES: &[Unit] = &[
    ("B", 1.0, 1.0),
    ("KiB", 1024.0, 1.0),
    ("MiB", 1_048_576.0, 1.0),
    ("GiB", 1_073_741_824.0, 1.0),
];
const RATIOS: &[Unit] = &[("", 1.0, 1.0), ("x", 1.0, 1.0), ("%", 1.0, 100.0)];

impl Dimension {
    pub(super) fn units(self) -> &'static [Unit] {
        match self {
            Dimension::Time => TIMES,
            Dimension::Share => SHARES,
            Dimension::Count => COUNTS,
            Dimension::Rate => RATES,
            Dimension::Size => SIZES,
            Dimension::Ratio => RATIOS,
        }
    }

    pub(crate) fn expected(self) -> &'static str {
        match self {
            Dimension::Time => "a time such as `80ms`, in us, ms or s",
            Dimension::Share => "a number such as `0.9` or `90%`",
            Dimension::Count => "a number such as `0`",
            Dimension::Rate => "a number per second such as `500` or `500/s`",
            Dimension::Size => "a size such as `64MiB`, in B, KiB, MiB or GiB",
            Dimension::Ratio => "a ratio such as `1.2`, `1.2x` or `120%`",
        }
    }

    /// The unit in the result document.
    pub(crate) fn document_unit(self) -> &'static str {
        match self {
            Dimension::Time => "us",
            Dimension::Share => "share",
            Dimension::Count => "downloads",
            Dimension::Rate => "per_s",
            Dimension::Size => "KiB",
            Dimension::Ratio => "ratio",
        }
    }

    /// The kind of quantity that has this unit in the result document.
    pub(super) fn from_document_unit(unit: &str) -> Option<Dimension> {
        let all = [
            Dimension::Time,
            Dimension::Share,
            Dimension::Count,
            Dimension::Rate,
            Dimension::Size,
            Dimension::Ratio,
        ];
        all.into_iter().find(|one| one.document_unit() == unit)
    }

    /// A value in the unit of the result document, in the base unit of conditions.
    pub(super) fn to_base(self, value: f64) -> f64 {
        match self {
            Dimension::Time => value / 1e6,
            Dimension::Size => value * 1024.0,
            Dimension::Share | Dimension::Count | Dimension::Rate | Dimension::Ratio => value,
        }
    }

    /// A finite value from 0 in the base unit, as tables print it.
    pub(crate) fn human(self, base: f64) -> String {
        match self {
            Dimension::Time => HumanDuration(Duration::from_secs_f64(base)).to_string(),
            Dimension::Share => format!("{:.1}%", 100.0 * base),
            Dimension::Count => base.to_string(),
            Dimension::Rate => format!("{}/s", rate(base)),
            Dimension::Size => format!("{:.1} MiB", base / 1_048_576.0),
            Dimension::Ratio => ratio_texts(base, None).0,
        }
    }

    /// The largest possible value, in the base unit.
    pub(crate) fn max(self) -> Option<f64> {
        (self == Dimension::Share).then_some(1.0)
    }
}
