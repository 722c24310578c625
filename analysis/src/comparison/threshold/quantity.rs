//! Numbers with a unit, kept as they were written.

use super::ThresholdError;
use std::fmt;

/// A number and its unit: `80ms`, `0.9`, `64MiB`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    number: f64,
    unit: &'static Unit,
}

/// What is counted or measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Time,
    Share,
    Count,
    Rate,
    Size,
}

#[derive(Debug, PartialEq)]
struct Unit {
    name: &'static str,
    /// The base unit is so many of it, or it so many of the base unit.
    scale: Scale,
}

#[derive(Debug, PartialEq)]
enum Scale {
    /// To divide is exact where to multiply by a part is not.
    Part(f64),
    Times(f64),
}

const fn part(name: &'static str, of: f64) -> Unit {
    let scale = Scale::Part(of);
    Unit { name, scale }
}

const fn times(name: &'static str, base: f64) -> Unit {
    let scale = Scale::Times(base);
    Unit { name, scale }
}

/// In seconds.
const TIMES: &[Unit] = &[
    part("us", 1e6),
    part("µs", 1e6),
    part("ms", 1e3),
    part("s", 1.0),
];
/// Of 1.
const SHARES: &[Unit] = &[part("", 1.0), part("%", 100.0)];
const COUNTS: &[Unit] = &[part("", 1.0)];
/// A second.
const RATES: &[Unit] = &[part("", 1.0), part("/s", 1.0)];
/// In bytes.
const SIZES: &[Unit] = &[
    times("B", 1.0),
    times("KiB", 1024.0),
    times("MiB", 1_048_576.0),
    times("GiB", 1_073_741_824.0),
];

impl Kind {
    fn units(self) -> &'static [Unit] {
        match self {
            Kind::Time => TIMES,
            Kind::Share => SHARES,
            Kind::Count => COUNTS,
            Kind::Rate => RATES,
            Kind::Size => SIZES,
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Kind::Time => "a time such as `80ms`, in us, ms or s",
            Kind::Share => "a number such as `0.9` or `90%`",
            Kind::Count => "a number such as `0`",
            Kind::Rate => "downloads a second such as `500` or `500/s`",
            Kind::Size => "a size such as `64MiB`, in B, KiB, MiB or GiB",
        }
    }
}

impl Quantity {
    /// # Errors
    /// If it is not a number from 0 up in a unit of this kind.
    pub(crate) fn parse(text: &str, kind: Kind) -> Result<Quantity, ThresholdError> {
        let is_digit = |letter: char| letter.is_ascii_digit() || letter == '.';
        let end = text.find(|letter| !is_digit(letter)).unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let number = number
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite());
        let unit = kind.units().iter().find(|known| known.name == unit.trim());
        let refused = || ThresholdError::Quantity(text.to_owned(), kind.expected());
        let (number, unit) = number.zip(unit).ok_or_else(refused)?;
        Ok(Quantity { number, unit })
    }

    /// In seconds, bytes, parts of 1, downloads or downloads a second.
    pub fn base(&self) -> f64 {
        match self.unit.scale {
            Scale::Part(of) => self.number / of,
            Scale::Times(base) => self.number * base,
        }
    }

    /// A number of the base unit, in the unit of this one; to 4 significant digits.
    pub(crate) fn like(&self, base: f64) -> String {
        let number = match self.unit.scale {
            Scale::Part(of) => base * of,
            Scale::Times(one) => base / one,
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
