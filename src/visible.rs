//! Text of users and programs as it can be printed: nothing in it controls a terminal or changes the direction of text.

use flagpole_analysis::is_unseen;
use std::borrow::Cow;

/// The text with control characters, and those that change the direction of text or are invisible, as escapes: `\u{1b}`. Line feeds
/// stay.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let is_escaped = |letter: char| letter != '\n' && is_unseen(letter);
    if !text.contains(is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for letter in text.chars() {
        if is_escaped(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_changes_of_direction_are_escaped() {
        assert_eq!(visible("\u{1b}[31m\r\t\u{7}"), "\\u{1b}[31m\\r\\t\\u{7}");
        assert_eq!(visible("a\u{202e}b\u{9b}c"), "a\\u{202e}b\\u{9b}c");
        assert_eq!(visible("naïve 日本\n"), "naïve 日本\n");
    }
}
