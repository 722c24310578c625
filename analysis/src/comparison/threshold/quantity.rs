//! Numbers with a unit, which print as they were written.

use std::fmt;

/// A number with its unit: `80ms`, `0.9`, `64MiB`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    number: f64,
    unit: &'static Unit,
}

/// An invalid quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, got `{text}`")]
pub struct QuantityError {
    text: String,
    expected: &'static str,
}

/// The kind of a quantity, which determines its units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QuantityKind {
    Time,
    Share,
    Count,
    Rate,
    Size,
}

#[derive(Debug, PartialEq)]
struct Unit {
    name: &'static str,
    /// The conversion factor to the base unit.
    scale: Scale,
}

#[derive(Debug, PartialEq)]
enum Scale {
    /// The base unit is this many of the unit. Division by an integer is exact where multiplication by its inverse is
    /// not.
    UnitsPerBase(f64),
    /// The unit is this many of the base unit.
    BasesPerUnit(f64),
}

const fn smaller_unit(name: &'static str, per_base: f64) -> Unit {
    let scale = Scale::UnitsPerBase(per_base);
    Unit { name, scale }
}

const fn larger_unit(name: &'static str, base: f64) -> Unit {
    let scale = Scale::BasesPerUnit(base);
    Unit { name, scale }
}

/// The base unit is a second.
const TIME_UNITS: &[Unit] = &[
    smaller_unit("us", 1e6),
    smaller_unit("µs", 1e6),
    smaller_unit("ms", 1e3),
    smaller_unit("s", 1.0),
];
/// The base unit is 1.
const SHARE_UNITS: &[Unit] = &[smaller_unit("", 1.0), smaller_unit("%", 100.0)];
const COUNT_UNITS: &[Unit] = &[smaller_unit("", 1.0)];
/// The base unit is 1 per second.
const RATE_UNITS: &[Unit] = &[smaller_unit("", 1.0), smaller_unit("/s", 1.0)];
/// The base unit is a byte.
const SIZE_UNITS: &[Unit] = &[
    larger_unit("B", 1.0),
    larger_unit("KiB", 1024.0),
    larger_unit("MiB", 1_048_576.0),
    larger_unit("GiB", 1_073_741_824.0),
];

impl QuantityKind {
    fn units(self) -> &'static [Unit] {
        match self {
            QuantityKind::Time => TIME_UNITS,
            QuantityKind::Share => SHARE_UNITS,
            QuantityKind::Count => COUNT_UNITS,
            QuantityKind::Rate => RATE_UNITS,
            QuantityKind::Size => SIZE_UNITS,
        }
    }

    fn expected(self) -> &'static str {
        match self {
            QuantityKind::Time => "a time such as `80ms`, in us, ms or s",
            QuantityKind::Share => "a number such as `0.9` or `90%`",
            QuantityKind::Count => "a number such as `0`",
            QuantityKind::Rate => "downloads per second such as `500` or `500/s`",
            QuantityKind::Size => "a size such as `64MiB`, in B, KiB, MiB or GiB",
        }
    }
}

impl Quantity {
    /// Parses a number and a unit of this kind.
    ///
    /// # Errors
    /// If the text is no number from 0 in a unit of this kind.
    pub(super) fn parse(text: &str, kind: QuantityKind) -> Result<Quantity, QuantityError> {
        let is_digit = |letter: char| letter.is_ascii_digit() || letter == '.';
        let end = text.find(|letter| !is_digit(letter)).unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let number = number
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite());
        let unit = kind.units().iter().find(|known| known.name == unit.trim());
        let error = || QuantityError {
            text: text.to_owned(),
            expected: kind.expected(),
        };
        let (number, unit) = number.zip(unit).ok_or_else(error)?;
        Ok(Quantity { number, unit })
    }

    /// The value in the base unit: seconds, bytes, a share of 1, downloads or downloads per second.
    pub fn base(&self) -> f64 {
        match self.unit.scale {
            Scale::UnitsPerBase(per_base) => self.number / per_base,
            Scale::BasesPerUnit(base) => self.number * base,
        }
    }

    /// A value in the base unit, printed in the unit of this quantity with 4 significant digits.
    pub(super) fn in_same_unit(&self, base: f64) -> String {
        let number = match self.unit.scale {
            Scale::UnitsPerBase(per_base) => base * per_base,
            Scale::BasesPerUnit(one) => base / one,
        };
        let decimals = match number.abs() {
            number if number >= 1000.0 => 0,
            number if number >= 100.0 => 1,
            number if number >= 10.0 => 2,
            _ => 3,
        };
        let number = format!("{number:.decimals$}");
        let short = number.trim_end_matches('0').trim_end_matches('.');
        let number = if number.contains('.') { short } else { &number };
        format!("{number}{}", self.unit.name)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.number, self.unit.name)
    }
}
