//! What the command line and the environment request of the groups that print a table of their own beside
//! criterion's; and the arithmetic that these groups share.

use std::env::args;
use std::time::Duration;

/// Whether this group is to run: all do, unless the command line names others.
pub(crate) fn is_asked(group: &str) -> bool {
    let others = |word: String| !word.starts_with('-') && !group.contains(word.as_str());
    !args().skip(1).any(|word| word == "--list" || others(word))
}

/// Whether the benchmarks only have to run once, without measuring (`--test`).
pub(crate) fn is_test() -> bool {
    args().any(|word| word == "--test")
}

/// The number of rounds: `ROUNDS` from the environment, else `usual`; one for `--test`.
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

/// The median; of an even number of values the upper of the two in the middle.
pub(crate) fn median<T: Copy + PartialOrd>(values: &[T]) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_by(|left, right| left.partial_cmp(right).expect("no figure is NaN"));
    sorted[sorted.len() / 2]
}

/// A duration in milliseconds.
pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
