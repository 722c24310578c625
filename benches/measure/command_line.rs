//! What the command line and the environment request of the groups that print a table of their own.

use std::env::{args, var};

/// Whether the command line asks for this group by name.
pub(crate) fn names(group: &str) -> bool {
    let mut words = args().skip(1).filter(|word| !word.starts_with('-'));
    words.any(|word| group.contains(&word))
}

/// Whether the benchmarks are only listed (`--list`).
pub(crate) fn is_list() -> bool {
    args().any(|word| word == "--list")
}

/// Whether the benchmarks only have to run once, without measuring (`--test`).
pub(crate) fn is_test() -> bool {
    args().any(|word| word == "--test")
}

/// The number of rounds: `ROUNDS` from the environment, else `usual`; one for `--test`.
pub(crate) fn rounds(usual: usize) -> usize {
    match var("ROUNDS") {
        _ if is_test() => 1,
        Ok(rounds) => rounds.parse().expect("ROUNDS is a number"),
        Err(_) => usual,
    }
}

/// The median; of an even number of values the upper of the two in the middle.
pub(crate) fn median<T: Copy + PartialOrd>(values: impl IntoIterator<Item = T>) -> T {
    let mut sorted: Vec<T> = values.into_iter().collect();
    sorted.sort_by(|left, right| left.partial_cmp(right).expect("no figure is NaN"));
    sorted[sorted.len() / 2]
}
