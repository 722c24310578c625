//! The command of a program: words with placeholders for what is known only when a trial runs.

use crate::visible::visible;
use flagpole_protocol::SpecError;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// A value that takes the place of its name in braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placeholder {
    Url,
    Host,
    Port,
    Concurrency,
    Seed,
    Dest,
    Files,
    Clients,
}

impl Placeholder {
    const ALL: [Placeholder; 8] = [
        Placeholder::Url,
        Placeholder::Host,
        Placeholder::Port,
        Placeholder::Concurrency,
        Placeholder::Seed,
        Placeholder::Dest,
        Placeholder::Files,
        Placeholder::Clients,
    ];

    fn from_name(name: &str) -> Result<Placeholder, SpecError> {
        let found = Placeholder::all().find(|known| known.name() == name);
        found.ok_or_else(|| {
            let known = Placeholder::ALL.map(Placeholder::name);
            let error = SpecError::unknown("placeholder", name, known);
            SpecError::rule(format!("{error} (`{{{{` is a brace)"))
        })
    }

    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = Placeholder> {
        Placeholder::ALL.into_iter()
    }

    /// The environment variable with its value: a shell that reads it needs no quotes within quotes.
    pub(crate) fn variable(self) -> String {
        format!("FLAGPOLE_{}", self.name().to_uppercase())
    }

    fn name(self) -> &'static str {
        match self {
            Placeholder::Url => "url",
            Placeholder::Host => "host",
            Placeholder::Port => "port",
            Placeholder::Concurrency => "concurrency",
            Placeholder::Seed => "seed",
            Placeholder::Dest => "dest",
            Placeholder::Files => "files",
            Placeholder::Clients => "clients",
        }
    }
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.name())
    }
}

/// A command, as it was written and as words. A text is split like a POSIX shell does, without any expansion but that of
/// placeholders; a list has one word each.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ProgramCommand {
    source: Source,
    words: Vec<Vec<Piece>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Source {
    Text(String),
    Words(Vec<String>),
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Value(Placeholder),
}

impl ProgramCommand {
    fn from_words(source: Source, words: &[String]) -> Result<ProgramCommand, SpecError> {
        let words: Vec<_> = words
            .iter()
            .map(|word| pieces(word))
            .collect::<Result<_, _>>()?;
        if words.first().is_none_or(Vec::is_empty) {
            return Err(SpecError::rule(
                "expected a command such as `python3 client.py {url}`, got none".to_owned(),
            ));
        }
        Ok(ProgramCommand { source, words })
    }

    /// Whether the placeholder occurs.
    pub(crate) fn uses(&self, placeholder: Placeholder) -> bool {
        self.placeholders().any(|one| one == placeholder)
    }

    pub(crate) fn placeholders(&self) -> impl Iterator<Item = Placeholder> {
        let pieces = self.words.iter().flatten();
        pieces.filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Value(placeholder) => Some(*placeholder),
        })
    }

    /// The words, with these values. At least one.
    pub(crate) fn expand(&self, value: impl Fn(Placeholder) -> String) -> Vec<String> {
        let expand = |pieces: &Vec<Piece>| {
            let texts = pieces.iter().map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Value(placeholder) => value(*placeholder),
            });
            texts.collect::<String>()
        };
        self.words.iter().map(expand).collect()
    }
}

/// The text and the placeholders of a word.
fn pieces(word: &str) -> Result<Vec<Piece>, SpecError> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = word;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, brace) = rest.split_at(at);
        text += before;
        if let Some(after) = brace
            .strip_prefix("{{")
            .or_else(|| brace.strip_prefix("}}"))
        {
            text.push_str(&brace[..1]);
            rest = after;
            continue;
        }
        let inner = brace
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'));
        let Some((name, after)) = inner else {
            let brace = &brace[..1];
            return Err(SpecError::rule(format!(
                "`{word}`: a single `{brace}`; write `{brace}{brace}`, or a placeholder such as `{{url}}`"
            )));
        };
        if !text.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
        }
        pieces.push(Piece::Value(Placeholder::from_name(name)?));
        rest = after;
    }
    text += rest;
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}

/// What a shell would interpret, if it is not quoted.
const SHELL_OPERATORS: [&str; 9] = ["&&", "||", "$(", "`", "|", "&", ";", "<", ">"];

/// The first part of the text outside of quotes that a shell would interpret, and that words cannot stand for: an operator or a
/// variable. The quotes are closed.
fn shell_operator(text: &str) -> Option<String> {
    let mut quote = None;
    let mut is_escaped = false;
    let mut is_in_word = false;
    for (at, letter) in text.char_indices() {
        if is_escaped {
            is_escaped = false;
        } else if letter == '\\' && quote != Some('\'') {
            (is_escaped, is_in_word) = (true, true);
        } else if quote.is_some() {
            quote = quote.filter(|open| *open != letter);
        } else if letter == '#' && !is_in_word {
            // A comment, in which quotes mean nothing.
            let rest = text[at..].split_once('\n')?.1;
            return shell_operator(rest);
        } else {
            let rest = &text[at..];
            let operator = SHELL_OPERATORS.iter().find(|one| rest.starts_with(**one));
            if let Some(found) = operator
                .map(|one| (*one).to_owned())
                .or_else(|| variable(rest))
            {
                return Some(found);
            }
            quote = ['"', '\''].into_iter().find(|mark| *mark == letter);
            is_in_word = !letter.is_whitespace();
        }
    }
    None
}

/// The reference to a variable at the start of the text: `$HOME`, `${HOME`.
fn variable(text: &str) -> Option<String> {
    let name = text.strip_prefix('$')?.trim_start_matches('{');
    let is_start = name.starts_with(|first: char| first == '_' || first.is_ascii_alphabetic());
    let end = name.find(|letter: char| letter != '_' && !letter.is_ascii_alphanumeric());
    is_start.then(|| text[..text.len() - name.len() + end.unwrap_or(name.len())].to_owned())
}

impl FromStr for ProgramCommand {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<ProgramCommand, SpecError> {
        let words = shlex::split(text);
        let words = words.ok_or_else(|| {
            SpecError::violation("the quotes of the command are not closed", text)
        })?;
        if let Some(operator) = shell_operator(text) {
            return Err(SpecError::rule(format!(
                "`{operator}` is not interpreted: use `sh -c '...'`, or quote it"
            )));
        }
        ProgramCommand::from_words(Source::Text(text.to_owned()), &words)
    }
}

/// For people: what controls a terminal is escaped.
impl fmt::Display for ProgramCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Text(text) => f.write_str(&visible(text)),
            Source::Words(words) => {
                // Only a word with a NUL cannot be quoted, and no command can have one.
                let words = words.iter().map(String::as_str);
                let quoted = shlex::try_join(words.clone());
                let text = quoted.unwrap_or_else(|_| words.collect::<Vec<_>>().join(" "));
                f.write_str(&visible(&text))
            }
        }
    }
}

impl Serialize for ProgramCommand {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.source {
            Source::Text(text) => serializer.serialize_str(text),
            Source::Words(words) => words.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ProgramCommand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ProgramCommand, D::Error> {
        deserializer.deserialize_any(CommandVisitor)
    }
}

struct CommandVisitor;

impl<'de> de::Visitor<'de> for CommandVisitor {
    type Value = ProgramCommand;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a command as a string or a list of strings")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ProgramCommand, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<ProgramCommand, A::Error> {
        let mut words: Vec<String> = Vec::new();
        while let Some(word) = list.next_element()? {
            words.push(word);
        }
        let source = Source::Words(words.clone());
        ProgramCommand::from_words(source, &words).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str) -> Vec<String> {
        let command: ProgramCommand = text.parse().unwrap();
        command.expand(|placeholder| format!("<{}>", placeholder.name()))
    }

    #[test]
    fn text_is_split_like_a_shell_does() {
        assert_eq!(
            expand(r#"python3 'a b.py' "c d" e\ f -u {url}/x {files} a{{b}}"#),
            [
                "python3", "a b.py", "c d", "e f", "-u", "<url>/x", "<files>", "a{b}"
            ]
        );
        // No other expansion takes place.
        let quoted = r#"echo * ~ '$HOME' '`ls`' a\|b "x && y" 5$ $1"#;
        let words = [
            "echo", "*", "~", "$HOME", "`ls`", "a|b", "x && y", "5$", "$1",
        ];
        assert_eq!(expand(quoted), words);
    }

    #[test]
    fn what_only_a_shell_interprets_is_refused() {
        let error = |text: &str| text.parse::<ProgramCommand>().unwrap_err().to_string();
        for (text, operator) in [
            ("cat {files} | xargs curl", "|"),
            ("a && b", "&&"),
            ("a||b", "||"),
            ("a 'b' >c", ">"),
            ("a <b", "<"),
            ("a;b", ";"),
            ("a&", "&"),
            ("echo $(ls)", "$("),
            ("echo `ls`", "`"),
            ("curl -K $FLAGPOLE_FILES x", "$FLAGPOLE_FILES"),
            ("echo ${HOME}", "${HOME"),
            ("# it's\na | b", "|"),
        ] {
            let expected =
                format!("`{operator}` is not interpreted: use `sh -c '...'`, or quote it");
            assert_eq!(error(text), expected, "{text}");
        }
        for text in [
            "sh -c 'a | b > c'",
            "sh -c \"a; b \\\" | \"",
            "a # it's | b",
            "a#b",
        ] {
            assert!(text.parse::<ProgramCommand>().is_ok(), "{text}");
        }
    }

    #[test]
    fn command_cannot_control_a_terminal() {
        let command: ProgramCommand = "echo '\u{1b}[31m' \u{202e}".parse().unwrap();
        assert_eq!(command.to_string(), "echo '\\u{1b}[31m' \\u{202e}");
        let words = command.expand(|_| String::new());
        assert_eq!(
            words,
            ["echo", "\u{1b}[31m", "\u{202e}"],
            "it runs as it was written"
        );
    }

    #[test]
    fn value_with_blanks_stays_one_word() {
        let command: ProgramCommand = "curl {dest}".parse().unwrap();
        assert_eq!(
            command.expand(|_| "/tmp/a b".to_owned()),
            ["curl", "/tmp/a b"]
        );
    }

    #[test]
    fn bad_commands_are_refused_with_the_reason() {
        let error = |text: &str| text.parse::<ProgramCommand>().unwrap_err().to_string();
        let none = "expected a command such as `python3 client.py {url}`, got none";
        for empty in ["", "  ", "''", "# x"] {
            assert_eq!(error(empty), none, "{empty:?}");
        }
        assert_eq!(
            error("sh -c 'x"),
            "the quotes of the command are not closed, got `sh -c 'x`"
        );
        assert_eq!(
            error("x {ur1}"),
            "unknown placeholder `ur1`; did you mean `url`? (`{{` is a brace)"
        );
        let brace = "`{print`: a single `{`; write `{{`, or a placeholder such as `{url}`";
        assert_eq!(error("awk {print"), brace);
        assert!(error("x }").starts_with("`}`: a single `}`; write `}}`"));
    }

    #[test]
    fn file_has_a_string_or_a_list() {
        #[derive(Deserialize, Serialize)]
        struct File {
            command: ProgramCommand,
        }
        for text in [
            "command = \"a 'b c' {url}\"\n",
            "command = [\"a\", \"b c\", \"{url}\"]\n",
        ] {
            let file: File = toml::from_str(text).unwrap();
            assert_eq!(file.command.words.len(), 3);
            assert!(file.command.to_string().starts_with("a 'b c' "));
            assert_eq!(toml::to_string(&file).unwrap(), text);
        }
        assert!(toml::from_str::<File>("command = []").is_err());
    }
}
