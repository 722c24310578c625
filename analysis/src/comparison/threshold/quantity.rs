//! The limits of thresholds: numbers with a unit, which print as they were written.

use super::dimension::{Dimension, Unit};
use std::fmt;

/// A number with its unit: `80ms`, `0.9`, `64MiB`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    number: f64,
    unit: Unit,
}

impl Quantity {
    /// Parses a number from 0 in one of the units of this dimension.
    pub(crate) fn parse(text: &str, dimension: Dimension) -> Option<Quantity> {
        let is_digit = |letter: char| letter.is_ascii_digit() || letter == '.';
        let end = text.find(|letter| !is_digit(letter)).unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let number = number
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite());
        let mut units = dimension.units().iter();
        let unit = units.find(|(name, ..)| *name == unit.trim());
        let (number, unit) = number.zip(unit.copied())?;
        Some(Quantity { number, unit })
    }

    /// The value in the base unit: seconds, bytes, a share of 1, downloads, or downloads or requests per second.
    pub fn base(&self) -> f64 {
        let (_, bases, per_base) = self.unit;
        self.number * bases / per_base
    }

    /// Whether it was written in percent.
    pub(crate) fn is_percentage(&self) -> bool {
        self.unit.0 == "%"
    }

    /// A value in the base unit, printed in the unit of this quantity with up to 6 decimals.
    pub(crate) fn in_same_unit(&self, base: f64) -> String {
        let (name, bases, per_base) = self.unit;
        let number = format!("{:.6}", base * per_base / bases);
        let number = number.trim_end_matches('0').trim_end_matches('.');
        format!("{number}{name}")
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.number, self.unit.0)
    }
}
