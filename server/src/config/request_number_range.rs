//! A range of request numbers, from 1.

use flagpole_protocol::spec::{SpecError, whole_number};
use std::fmt;
use std::str::FromStr;

/// A range of request numbers that is never empty: `3`, `3..6` (3, 4 and 5), `3..=6`, `3..`, `..3` (1 and 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestNumberRange {
    pub(super) first: u64,
    /// `None`: unbounded.
    last: Option<u64>,
}

impl RequestNumberRange {
    /// Whether the range holds every number.
    pub(crate) fn is_all(&self) -> bool {
        self.first == 1 && self.last.is_none()
    }

    /// Whether the number `n` is in the range.
    pub fn contains(&self, n: u64) -> bool {
        n >= self.first && self.last.is_none_or(|last| n <= last)
    }
}

impl FromStr for RequestNumberRange {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<RequestNumberRange, SpecError> {
        let expected = || {
            SpecError::expected(
                "a range of request numbers such as `3..6`, `3..=6`, `3..` or `3`",
                text,
            )
        };
        let number = |digits| match whole_number(digits) {
            Some(0) => {
                let rule = "n counts from 1; write n = 1 for the first request";
                Err(SpecError::rule(rule.to_owned()))
            }
            number => number.ok_or_else(expected),
        };
        let (first, last) = match text.split_once("..") {
            None => (number(text)?, Some(number(text)?)),
            Some(("", "")) => return Err(expected()),
            Some((first, end)) => {
                let first = if first.is_empty() { 1 } else { number(first)? };
                let last = match end.strip_prefix('=') {
                    Some(last) => Some(number(last)?),
                    None if end.is_empty() => None,
                    None => Some(number(end)? - 1),
                };
                (first, last)
            }
        };
        if last.is_some_and(|last| last < first) {
            let rule = format!("empty range `{text}`; numbers start at 1, `..2` is the first");
            return Err(SpecError::rule(rule));
        }
        Ok(RequestNumberRange { first, last })
    }
}

impl fmt::Display for RequestNumberRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.last {
            Some(last) if last == self.first => write!(f, "{last}"),
            Some(last) => write!(f, "{}..={last}", self.first),
            None => write!(f, "{}..", self.first),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_range_contains_its_numbers() {
        for (text, held) in [
            ("3..6", vec![3, 4, 5]),
            ("3..=6", vec![3, 4, 5, 6]),
            ("..3", vec![1, 2]),
            ("7..", vec![7, 8, 9]),
            ("2", vec![2]),
            ("..=1", vec![1]),
        ] {
            let range: RequestNumberRange = text.parse().unwrap();
            let found: Vec<_> = (0..10).filter(|&n| range.contains(n)).collect();
            assert_eq!(found, held, "{text}");
        }
    }

    #[test]
    fn malformed_and_empty_ranges_are_refused() {
        for (text, reason) in [
            (
                "3..3",
                "empty range `3..3`; numbers start at 1, `..2` is the first",
            ),
            (
                "..1",
                "empty range `..1`; numbers start at 1, `..2` is the first",
            ),
            (
                "6..=3",
                "empty range `6..=3`; numbers start at 1, `..2` is the first",
            ),
            (
                "..",
                "expected a range of request numbers such as `3..6`, `3..=6`, `3..` or `3`, got `..`",
            ),
            (
                "",
                "expected a range of request numbers such as `3..6`, `3..=6`, `3..` or `3`, got ``",
            ),
            (
                "+3",
                "expected a range of request numbers such as `3..6`, `3..=6`, `3..` or `3`, got `+3`",
            ),
            (
                "3..=",
                "expected a range of request numbers such as `3..6`, `3..=6`, `3..` or `3`, got `3..=`",
            ),
        ] {
            assert_eq!(
                text.parse::<RequestNumberRange>().unwrap_err().to_string(),
                reason
            );
        }
    }

    #[test]
    fn zero_is_refused_with_the_remedy() {
        for text in ["0", "0..", "0..3", "0..=2", "..=0", "..0", "00"] {
            assert_eq!(
                text.parse::<RequestNumberRange>().unwrap_err().to_string(),
                "n counts from 1; write n = 1 for the first request",
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_displayed_range_parses_to_the_same_range(text in "[0-9]{0,20}(\\.\\.=?)?[0-9]{0,20}") {
            if let Ok(range) = text.parse::<RequestNumberRange>() {
                prop_assert_eq!(range.to_string().parse(), Ok(range));
            }
        }
    }
}
