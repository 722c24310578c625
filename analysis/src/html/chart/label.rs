//! Labels of limited length, and text from elsewhere made harmless.

use crate::unseen::is_unseen;
use std::borrow::Cow;
use std::fmt::Write as _;

/// The width of a character of a label, in units of the view box: that of a digit in the widest of common fonts (`DejaVu Sans`) at
/// 12 units, because most labels are numbers.
const CHARACTER: f64 = 7.4;

/// The width of this label. Wide letters count twice.
pub(crate) fn width(text: &str) -> f64 {
    let wide = text.chars().filter(|letter| "%mMwW".contains(*letter));
    CHARACTER * (text.chars().count() + wide.count()) as f64
}

/// How many characters fit into this width.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is positive; casts saturate"
)]
pub(crate) fn fitting(width: f64) -> usize {
    (width / CHARACTER) as usize
}

/// Text with what is invisible or changes the direction of other text written as an escape: a NUL, a right-to-left
/// override.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for letter in text.chars() {
        match letter {
            '\n' | '\t' => shown.push(' '),
            letter if is_unseen(letter) => shown.extend(letter.escape_unicode()),
            letter => shown.push(letter),
        }
    }
    Cow::Owned(shown)
}

/// Text of several lines in TOML with what is unseen as TOML escapes it.
pub(crate) fn escaped_lines(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        if letter != '\n' && is_unseen(letter) {
            let _ = write!(shown, "\\u{:04X}", u32::from(letter));
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// At most `most` characters of visible text: from the middle of a longer one, some give way to an ellipsis, because names
/// often differ at their ends.
pub(crate) fn clipped(text: &str, most: usize) -> String {
    let short = shortened(text, most);
    match visible(&short) {
        Cow::Borrowed(_) => short.into_owned(),
        // Escapes are longer than what they stand for.
        Cow::Owned(escaped) => shortened(&escaped, most).into_owned(),
    }
}

/// At most `most` characters of a text, without looking at all of a long one.
fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    if text.chars().nth(most).is_none() {
        return Cow::Borrowed(text);
    }
    let kept = most.saturating_sub(1);
    let head = text.chars().take(kept - kept / 3);
    let mut tail: Vec<char> = text.chars().rev().take(kept / 3).collect();
    tail.reverse();
    Cow::Owned(head.chain(['…']).chain(tail).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unseen_characters_are_escaped() {
        assert_eq!(visible("a\0b\u{202e}c\nd"), "a\\u{0}b\\u{202e}c d");
        assert_eq!(visible("naïve 日本"), "naïve 日本");
    }

    #[test]
    fn unseen_characters_in_toml_are_escaped_as_there() {
        assert_eq!(escaped_lines("a = \"\u{202e}\"\n"), "a = \"\\u202E\"\n");
    }

    #[test]
    fn long_labels_keep_both_ends() {
        assert_eq!(clipped("threads+retrying", 20), "threads+retrying");
        assert_eq!(clipped("threads+retrying-with-backoff", 12), "threads+…off");
        assert_eq!(clipped("日本語日本語", 4), "日本…語");
    }
}
