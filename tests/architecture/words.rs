//! Plain technical English: words that do not return, and a purpose at the head of each file.

use crate::texts::texts;

/// In halves, so that this file does not contain them.
const FORBIDDEN: [&str; 8] = [
    concat!("to", "ld"),
    concat!("an", "ew"),
    concat!("no", "body"),
    concat!("who", "ever"),
    concat!("so", " many"),
    concat!("for", " ever"),
    concat!("can", " not"),
    concat!("nou", "ght"),
];

/// Between two words, these make them no phrase.
const STOPS: [char; 9] = ['.', ',', ';', ':', '?', '(', ')', '"', '`'];

/// The forbidden words in a text with the numbers of their lines: also as a part of a name (`snake_case`), and as a
/// phrase that goes on in the next line.
fn forbidden_words(text: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    let mut previous = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        if !line.contains(char::is_alphanumeric) {
            previous.clear();
        }
        let line = line.to_lowercase().replace(STOPS, " . ");
        let words = line.split(|letter: char| !letter.is_alphanumeric() && letter != '.');
        for word in words.filter(|word| !word.is_empty()) {
            let phrase = format!("{previous} {word}");
            let forbidden = FORBIDDEN
                .into_iter()
                .find(|it| *it == word || *it == phrase);
            found.extend(forbidden.map(|it| (number, it)));
            word.clone_into(&mut previous);
        }
    }
    found
}

#[test]
fn private_words_do_not_return() {
    let found: Vec<_> = texts(&[".rs", ".md"])
        .iter()
        .flat_map(|(path, text)| {
            let words = forbidden_words(text).into_iter();
            words.map(move |(line, word)| format!("{path}:{line}: {word}"))
        })
        .collect();
    assert!(
        found.is_empty(),
        "{} places\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn every_file_begins_with_its_purpose() {
    let texts = texts(&[".rs"]);
    let silent = texts.iter().filter(|(_, text)| !text.starts_with("//! "));
    let silent: Vec<_> = silent.map(|(path, _)| path.as_str()).collect();
    assert_eq!(silent, [""; 0]);
}
