//! Numbers with a unit, which print as they were written.

use std::fmt;

/// A number with its unit: `80ms`, `0.9`, `64MiB`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    number: f64,
    unit: Unit,
}

/// An invalid quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, got `{text}`")]
pub struct QuantityError {
    text: String,
    expected: &'static str,
}

/// The units of one kind of quantity.
pub(super) struct Units {
    expected: &'static str,
    units: &'static [Unit],
}

/// A unit: its name; how many of the base unit it is; how many of it the base unit is. One of the two is 1: division by
/// an integer is exact where multiplication by its inverse is not.
type Unit = (&'static str, f64, f64);

/// The base unit is a second.
pub(super) const TIMES: Units = Units {
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
pub(super) const COUNTS: Units = Units {
    expected: "a number such as `0`",
    units: &[("", 1.0, 1.0)],
};
/// The base unit is 1 per second.
pub(super) const RATES: Units = Units {
    expected: "downloads per second such as `500` or `500/s`",
    units: &[("", 1.0, 1.0), ("/s", 1.0, 1.0)],
};
/// The base unit is a byte.
pub(super) const SIZES: Units = Units {
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
    pub(super) fn parse(text: &str, units: &Units) -> Result<Quantity, QuantityError> {
        let is_digit = |letter: char| letter.is_ascii_digit() || letter == '.';
        let end = text.find(|letter| !is_digit(letter)).unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let number = number
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite());
        let unit = units.units.iter().find(|(name, ..)| *name == unit.trim());
        let error = || QuantityError {
            text: text.to_owned(),
            expected: units.expected,
        };
        let (number, unit) = number.zip(unit.copied()).ok_or_else(error)?;
        Ok(Quantity { number, unit })
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
