//! Comparison operators.

use std::fmt;

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparator {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

impl Comparator {
    /// In the order of parsing: `<=` before `<`, which would match the start of `<=` too.
    const ALL: [Comparator; 4] = [
        Comparator::AtMost,
        Comparator::AtLeast,
        Comparator::Less,
        Comparator::More,
    ];

    fn sign(self) -> &'static str {
        match self {
            Comparator::Less => "<",
            Comparator::AtMost => "<=",
            Comparator::More => ">",
            Comparator::AtLeast => ">=",
        }
    }

    /// The operator at the start of the text, and the rest of the text.
    pub(super) fn split(text: &str) -> Option<(Comparator, &str)> {
        let mut all = Comparator::ALL.into_iter();
        all.find_map(|known| Some((known, text.strip_prefix(known.sign())?)))
    }

    pub(super) fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Comparator::Less => left < right,
            Comparator::AtMost => left <= right,
            Comparator::More => left > right,
            Comparator::AtLeast => left >= right,
        }
    }
}

impl fmt::Display for Comparator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sign())
    }
}
