//! What the command line asks of the groups that print a table of their own, beside criterion's, and
//! what they have in common.

use std::env::args;
use std::time::Duration;

/// Whether this group is asked for: all are, unless the command line names others.
pub(crate) fn is_asked(group: &str) -> bool {
    let others = |word: String| !word.starts_with('-') && !group.contains(word.as_str());
    !args().skip(1).any(|word| word == "--list" || others(word))
}

/// Whether it is only to be seen that it runs.
pub(crate) fn is_test() -> bool {
    args().any(|word| word == "--test")
}

/// As many rounds as are usual, or as the environment variable `ROUNDS` says, or one for a test.
pub(crate) fn rounds(usual: usize) -> usize {
    let asked = || {
        Some(
            std::env::var("ROUNDS")
                .ok()?
                .parse()
                .expect("ROUNDS is a number"),
        )
    };
    if is_test() {
        1
    } else {
        asked().unwrap_or(usual)
    }
}

/// The one in the middle; of two, the greater.
pub(crate) fn median<T: Copy + PartialOrd>(values: &[T]) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_by(|left, right| left.partial_cmp(right).expect("no figure is NaN"));
    sorted[sorted.len() / 2]
}

/// In milliseconds.
pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
