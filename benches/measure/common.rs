//! What several groups need: the command line and the environment, and figures.

use flagpole_client::{Concurrency, Strategy, strategy};
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

/// All values in this format, separated by spaces.
pub(crate) fn joined<T>(values: &[T], format: impl Fn(&T) -> String) -> String {
    values.iter().map(format).collect::<Vec<_>>().join(" ")
}

/// The strategy of this name, which a benchmark or its user has chosen.
pub(crate) fn strategy(name: &str) -> &'static dyn Strategy {
    strategy::by_name(name).unwrap_or_else(|error| panic!("{error}"))
}

/// A concurrency that a benchmark has chosen.
pub(crate) fn concurrency(count: usize) -> Concurrency {
    Concurrency::new(count).expect("it is at most 1000")
}
