//! Texts of errors, which may quote anything.

use std::fmt::Display;

/// The maximum length of a reason, in bytes: some reasons quote what a server sent.
const REASON_MAX: usize = 200;

/// The text of an error, shortened to at most 200 bytes and `...`.
pub fn reason(error: &impl Display) -> String {
    let mut text = error.to_string();
    if text.len() > REASON_MAX {
        let end = (0..=REASON_MAX)
            .rev()
            .find(|&end| text.is_char_boundary(end));
        text.truncate(end.unwrap_or_default());
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_reasons_are_truncated() {
        assert_eq!(reason(&"x".repeat(200)), "x".repeat(200));
        assert_eq!(
            reason(&"\u{e9}".repeat(1000)),
            format!("{}...", "\u{e9}".repeat(100))
        );
        assert_eq!(reason(&format!("x{}", "\u{e9}".repeat(1000))).len(), 202);
    }
}
