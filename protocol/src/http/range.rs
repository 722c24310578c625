//! Ranges of bytes (RFC 9110 section 14): the `Range` field of a request, which a client writes and a server evaluates,
//! and the `Content-Range` field of a response, which a server writes and a client parses. The crate `headers` evaluates
//! suffixes that are longer than the representation wrongly, and accepts malformed ranges.

use crate::spec::whole_number;
use http::HeaderValue;
use std::fmt;
use std::ops::Range;

/// The maximum number of ranges that are served; more select everything. A resumed download needs one, a viewer of a large
/// file a few.
const MAX_RANGES: usize = 100;

/// One range of a `Range` field; displayed as the value of a field with this range. Numbers above `usize::MAX` are parsed
/// as `usize::MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// `500-` or `500-999`: the first and the last position, both inclusive.
    From(usize, Option<usize>),
    /// `-500`: the last bytes.
    Suffix(usize),
}

/// No byte of the representation is in a requested range (416).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotSatisfiable;

/// The range of bytes that a response contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentRange {
    /// The offset of the first byte.
    pub start: u64,
    /// The offset after the last byte; above `start`.
    pub end: u64,
    /// The length of the complete representation, at least `end`; `None` if the server does not give it.
    pub whole: Option<u64>,
}

impl ByteRange {
    /// The ranges of bytes that a `Range` field selects of a representation of this length, in the order of the field and
    /// without those that are not satisfiable. None means all: the field is malformed or has an unknown unit, or it has too
    /// many ranges or they are longer than the representation, as in an attack (sections 14.2 and 17.15).
    pub(super) fn select(
        field: &HeaderValue,
        length: usize,
    ) -> Result<Vec<Range<usize>>, NotSatisfiable> {
        let Some(ranges) = field.to_str().ok().and_then(ByteRange::parse_list) else {
            return Ok(Vec::new());
        };
        let selected = ranges.iter().filter_map(|range| range.of_length(length));
        let selected: Vec<_> = selected.collect();
        if selected.is_empty() {
            return Err(NotSatisfiable);
        }
        let is_longer = selected.iter().map(Range::len).sum::<usize>() > length;
        // A suffix of an empty representation is satisfiable, but `Content-Range` cannot express it.
        if is_longer || ranges.len() > MAX_RANGES || selected.iter().any(Range::is_empty) {
            return Ok(Vec::new());
        }
        Ok(selected)
    }

    /// The elements of a field; `None` if its unit is not bytes or it is malformed. Elements may be empty, and space
    /// is allowed around a comma but not after the `=` (section 5.6.1).
    fn parse_list(field: &str) -> Option<Vec<ByteRange>> {
        let (unit, set) = field.split_once('=')?;
        if !unit.eq_ignore_ascii_case("bytes") || set.starts_with([' ', '\t']) {
            return None;
        }
        let elements = set
            .split(',')
            .map(|element| element.trim_matches([' ', '\t']));
        let ranges = elements
            .filter(|element| !element.is_empty())
            .map(ByteRange::parse);
        let ranges: Vec<_> = ranges.collect::<Option<_>>()?;
        (!ranges.is_empty()).then_some(ranges)
    }

    fn parse(text: &str) -> Option<ByteRange> {
        // Digits alone fail to parse only if the number is too large.
        let number = |text| Some(digits(text)?.parse().unwrap_or(usize::MAX));
        match text.split_once('-')? {
            ("", length) => Some(ByteRange::Suffix(number(length)?)),
            (first, "") => Some(ByteRange::From(number(first)?, None)),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(ByteRange::From(first, Some(last)))
            }
        }
    }

    /// The bytes in a representation of this length; `None` if not satisfiable.
    fn of_length(&self, length: usize) -> Option<Range<usize>> {
        match *self {
            ByteRange::From(first, last) => {
                let end = last.map_or(length, |last| last.saturating_add(1).min(length));
                (first < length).then_some(first..end)
            }
            ByteRange::Suffix(0) => None,
            ByteRange::Suffix(count) => Some(length.saturating_sub(count)..length),
        }
    }
}

impl fmt::Display for ByteRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ByteRange::From(first, None) => write!(f, "bytes={first}-"),
            ByteRange::From(first, Some(last)) => write!(f, "bytes={first}-{last}"),
            ByteRange::Suffix(count) => write!(f, "bytes=-{count}"),
        }
    }
}

impl ContentRange {
    /// Parses `bytes 0-99/1000` or `bytes 0-99/*`. `None` for another unit, an unsatisfied range (`bytes */1000`), and
    /// a range that the RFC calls invalid.
    pub fn parse(value: &str) -> Option<ContentRange> {
        let (unit, rest) = value.trim().split_once(' ')?;
        let (range, whole) = rest.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let range = ContentRange {
            start: whole_number(first)?,
            end: whole_number::<u64>(last)?.checked_add(1)?,
            whole: match whole {
                "*" => None,
                length => Some(whole_number(length)?),
            },
        };
        let is_valid =
            range.start < range.end && range.whole.is_none_or(|whole| range.end <= whole);
        (is_valid && unit.eq_ignore_ascii_case("bytes")).then_some(range)
    }

    /// The field value of a 416 for a representation of this length.
    pub fn unsatisfied(length: u64) -> String {
        format!("bytes */{length}")
    }

    /// The number of bytes.
    pub fn length(self) -> u64 {
        self.end - self.start
    }
}

impl fmt::Display for ContentRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bytes {}-{}/", self.start, self.end - 1)?;
        match self.whole {
            Some(whole) => write!(f, "{whole}"),
            None => f.write_str("*"),
        }
    }
}

/// The text if it consists of digits alone: `parse` would accept a sign too.
fn digits(text: &str) -> Option<&str> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(text)
}

#[cfg(test)]
mod tests;
