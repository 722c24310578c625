//! Files within commands for a shell.

use crate::unseen::escaped_shell_word;

/// A shell command that writes a text into a file. The text needs no escapes: nothing is special in a here-document whose
/// delimiter is quoted but a line that equals the delimiter. A text with characters that are not seen is a word with
/// escapes instead, so that what is copied is what is seen.
pub(super) fn here_document(file: &str, text: &str) -> String {
    if let Some(word) = escaped_shell_word(text) {
        return format!("printf %s {word} > {file}\n");
    }
    let mut delimiter = "END".to_owned();
    while text.lines().any(|line| line == delimiter) {
        delimiter.push('_');
    }
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("cat > {file} <<'{delimiter}'\n{text}{end}{delimiter}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unseen_characters_of_a_file_are_escaped() {
        let command = here_document("a.toml", "a = 'x\"\u{202e}'\n");
        assert_eq!(
            command,
            "printf %s $'a = \\'x\"\\342\\200\\256\\'\n' > a.toml\n"
        );
    }
}
