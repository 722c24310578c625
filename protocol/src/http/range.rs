//! The `Range` field of a request (RFC 9110 section 14). Only single ranges are served.

use http::HeaderValue;
use std::ops::Range;

/// The part of a representation that a `Range` field selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RangeResult {
    /// All of it: the field is malformed, has an unknown unit or selects several ranges (section 14.2).
    Full,
    /// These bytes, at least one.
    Partial(Range<usize>),
    /// No byte of the representation is in a requested range.
    NotSatisfiable,
}

/// One element of a `Range` field. Numbers above `usize::MAX` become `usize::MAX`.
enum RangeSpec {
    /// `500-` or `500-999`: the first and the last position, both inclusive.
    From(usize, Option<usize>),
    /// `-500`: the last bytes.
    Suffix(usize),
}

impl RangeResult {
    /// Evaluates a `Range` field for a representation of this length in bytes. Of several ranges the only
    /// satisfiable one is served.
    pub fn evaluate(field: &HeaderValue, length: usize) -> RangeResult {
        let Some(specs) = field.to_str().ok().and_then(range_specs) else {
            return RangeResult::Full;
        };
        let mut ranges = specs.iter().filter_map(|spec| spec.resolve(length));
        match (ranges.next(), ranges.next()) {
            (None, _) => RangeResult::NotSatisfiable,
            // A suffix of an empty representation is satisfiable, but `Content-Range` cannot express it.
            (Some(range), None) if !range.is_empty() => RangeResult::Partial(range),
            _ => RangeResult::Full,
        }
    }
}

impl RangeSpec {
    fn parse(text: &str) -> Option<RangeSpec> {
        match text.split_once('-')? {
            ("", length) => Some(RangeSpec::Suffix(number(length)?)),
            (first, "") => Some(RangeSpec::From(number(first)?, None)),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(RangeSpec::From(first, Some(last)))
            }
        }
    }

    /// The bytes in a representation of this length; `None` if not satisfiable.
    fn resolve(&self, length: usize) -> Option<Range<usize>> {
        match *self {
            RangeSpec::From(first, last) => {
                let end = last.map_or(length, |last| last.saturating_add(1).min(length));
                (first < length).then_some(first..end)
            }
            RangeSpec::Suffix(0) => None,
            RangeSpec::Suffix(count) => Some(length.saturating_sub(count)..length),
        }
    }
}

/// The elements of a field; `None` if its unit is not bytes or it is malformed. Elements may be empty, and space
/// is allowed around a comma but not after the `=` (section 5.6.1).
fn range_specs(field: &str) -> Option<Vec<RangeSpec>> {
    let (unit, set) = field.split_once('=')?;
    if !unit.eq_ignore_ascii_case("bytes") || set.starts_with([' ', '\t']) {
        return None;
    }
    let elements = set
        .split(',')
        .map(|element| element.trim_matches([' ', '\t']));
    let specs: Vec<_> = elements
        .filter(|element| !element.is_empty())
        .map(RangeSpec::parse)
        .collect::<Option<_>>()?;
    (!specs.is_empty()).then_some(specs)
}

fn number(digits: &str) -> Option<usize> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // Digits alone fail to parse only if the number is too large.
    is_number.then(|| digits.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests;
