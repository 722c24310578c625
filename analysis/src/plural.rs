//! Counts with their noun.

use std::fmt;

/// `1 core`, `2 cores`.
pub(crate) fn plural(count: impl Copy + PartialEq + From<u8> + fmt::Display, noun: &str) -> String {
    let s = if count == 1.into() { "" } else { "s" };
    format!("{count} {noun}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_1_is_singular() {
        let texts = [0, 1, 2].map(|count: u64| plural(count, "core"));
        assert_eq!(texts, ["0 cores", "1 core", "2 cores"]);
    }
}
