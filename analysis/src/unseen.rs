//! Characters that are not seen, and how a shell is given them so that they are.

use std::fmt::Write as _;

/// Whether a character is a control character (line feeds included), is invisible or changes the direction of the text around it.
pub fn is_unseen(letter: char) -> bool {
    let changes_direction = matches!(
        letter,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    );
    letter.is_control() || changes_direction
}

/// The text as one word for a shell, `$'...'` of POSIX.1-2024, in which what is unseen is escaped byte by byte; `None` if all
/// of the text but ends of lines is seen.
pub fn escaped_shell_word(text: &str) -> Option<String> {
    if !text.contains(|letter| letter != '\n' && is_unseen(letter)) {
        return None;
    }
    let mut word = "$'".to_owned();
    for letter in text.chars() {
        match letter {
            '\\' | '\'' => word.extend(['\\', letter]),
            letter if letter != '\n' && is_unseen(letter) => {
                for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(word, "\\{byte:03o}");
                }
            }
            letter => word.push(letter),
        }
    }
    word.push('\'');
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unseen_characters_are_escaped_for_the_shell() {
        assert_eq!(escaped_shell_word("a 'b'\nc"), None);
        assert_eq!(
            escaped_shell_word("a'\\\u{202e}\u{1b}1").unwrap(),
            "$'a\\'\\\\\\342\\200\\256\\0331'"
        );
    }
}
