//! Colours the verdicts of a text report.

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;
use std::io;

/// Whether standard output is a terminal with colours, and `NO_COLOR` is not set.
pub(super) fn is_enabled() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// The text with its verdicts in colour.
pub(super) fn paint(text: &str) -> String {
    let mut painted = String::new();
    for line in text.split_inclusive('\n') {
        match colour(line) {
            // Writing to a String cannot fail.
            Some((word, style)) => {
                let (before, after) = line.split_once(word).unwrap_or((line, ""));
                let _ = write!(painted, "{before}{style}{word}{style:#}{after}");
            }
            None => painted.push_str(line),
        }
    }
    painted
}

/// The verdict in a line, and its colour.
fn colour(line: &str) -> Option<(&'static str, Style)> {
    let of = |colour: AnsiColor| Style::new().bold().fg_color(Some(colour.into()));
    let verdicts = [
        ("INVALID", AnsiColor::Red),
        ("SUSPECT", AnsiColor::Yellow),
        ("VALID", AnsiColor::Green),
    ];
    let is_verdict = |word: &str| {
        let line = line.trim();
        line.ends_with(word)
            || line
                .strip_prefix(word)
                .is_some_and(|rest| rest.starts_with(':'))
    };
    let found = verdicts.into_iter().find(|(word, _)| is_verdict(word));
    found.map(|(word, colour)| (word, of(colour)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_verdicts_are_coloured() {
        let text = "async  1 ms\nVALID\n  SUSPECT: few\nlatency 5ms: INVALID\n";
        let painted = paint(text);
        assert!(painted.starts_with("async  1 ms\n\u{1b}[1m"), "{painted:?}");
        assert_eq!(painted.matches("\u{1b}[0m").count(), 3, "{painted:?}");
        let mut plain = Vec::new();
        let mut stream = anstream::StripStream::new(&mut plain);
        std::io::Write::write_all(&mut stream, painted.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(plain).unwrap(), text);
    }
}
