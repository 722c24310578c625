//! Samples from a CSV file, for `quantiles`: one duration a line, such as `50ms`. The first line may
//! be a header, and empty lines do not count.
//!
//! The file is read once, while the specification is parsed, from the current folder if the name is
//! relative. It has at most 1 MiB and 100,000 samples.

use crate::config::spec;
use crate::config::spec::SpecError;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::time::Duration;

/// The longest file read, in bytes.
const BYTES: u64 = 1 << 20;

/// The most samples taken.
const COUNT: usize = 100_000;

/// The samples of a file, at least one, in ascending order.
#[derive(Debug)]
pub(crate) struct Samples {
    /// The name of the file as it was given.
    path: String,
    ascending: Vec<Duration>,
}

impl Samples {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, is too long, or has something else than samples.
    pub(crate) fn read(path: &str) -> Result<Samples, SpecError> {
        let unread = |error: io::Error| SpecError::rule(format!("cannot read `{path}`: {error}"));
        let mut text = String::new();
        // One byte more than allowed shows that the file goes on.
        let mut file = File::open(path).map_err(unread)?.take(BYTES + 1);
        file.read_to_string(&mut text).map_err(unread)?;
        if text.len() as u64 > BYTES {
            return Err(SpecError::rule(format!(
                "a file of samples has at most 1 MiB, `{path}` has more"
            )));
        }
        Samples::parse(path, &text)
    }

    fn parse(path: &str, text: &str) -> Result<Samples, SpecError> {
        let mut ascending = Vec::new();
        // What a spreadsheet puts before UTF-8.
        let text = text.trim_start_matches('\u{feff}');
        for (place, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || place == 0 && is_header(line) {
                continue;
            }
            let sample = spec::duration(line)
                .map_err(|error| SpecError::rule(format!("{path}:{}: {error}", place + 1)))?;
            ascending.push(sample);
        }
        let wrong = match ascending.len() {
            0 => "at least one sample, `{}` has none",
            1..=COUNT => "",
            _ => "at most 100,000 samples, `{}` has more",
        };
        if !wrong.is_empty() {
            let wrong = wrong.replace("{}", path);
            return Err(SpecError::rule(format!("a file of samples has {wrong}")));
        }
        ascending.sort_unstable();
        let path = path.to_owned();
        Ok(Samples { path, ascending })
    }

    /// The sample that the share `p` of all samples lies below, 0 < p < 1.
    pub(crate) fn quantile(&self, p: f64) -> Duration {
        let count = self.ascending.len();
        // Not negative and not above the count.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let rank = (p * count as f64) as usize;
        self.ascending[rank.min(count - 1)]
    }
}

/// A first line that begins like a number is a sample gone wrong rather than a header.
fn is_header(line: &str) -> bool {
    !line.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
}

/// The name of the file.
impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(text: &str) -> Result<Vec<Duration>, String> {
        let samples = Samples::parse("x.csv", text).map_err(|error| error.to_string())?;
        Ok(samples.ascending)
    }

    #[test]
    fn lines_are_samples_and_the_first_may_be_a_header() {
        let ascending: Vec<_> = [1, 5, 20].map(Duration::from_millis).into();
        for text in [
            "5ms\n1ms\n20ms\n",
            "took\n5ms\n1ms\n20ms",
            "\u{feff}5ms\r\n1ms\r\n\r\n 20ms\r\n",
            "\"how long\"\n\n20ms\n5ms\n1ms\n",
        ] {
            assert_eq!(samples(text), Ok(ascending.clone()), "{text:?}");
        }
    }

    #[test]
    fn a_line_that_is_no_sample_is_refused_with_its_place() {
        let expected = "expected a duration such as `50ms` or `1.5s`, got";
        for (text, sentence) in [
            ("5ms\n1\n", format!("x.csv:2: {expected} `1`")),
            ("5\n1ms\n", format!("x.csv:1: {expected} `5`")),
            (
                "-5ms\n",
                "x.csv:1: a duration can not be negative, got `-5ms`".to_owned(),
            ),
            ("a\n5ms,1ms\n", format!("x.csv:2: {expected} `5ms,1ms`")),
            ("a\nb\n", format!("x.csv:2: {expected} `b`")),
        ] {
            assert_eq!(samples(text), Err(sentence));
        }
    }

    #[test]
    fn a_file_without_samples_or_with_too_many_is_refused() {
        for text in ["", "\n\n", "took\n"] {
            let none = "a file of samples has at least one sample, `x.csv` has none";
            assert_eq!(samples(text), Err(none.to_owned()));
        }
        assert_eq!(samples(&"1s\n".repeat(COUNT)).unwrap().len(), COUNT);
        let many = "a file of samples has at most 100,000 samples, `x.csv` has more";
        assert_eq!(samples(&"1s\n".repeat(COUNT + 1)), Err(many.to_owned()));
    }

    #[test]
    fn a_file_that_is_too_long_or_not_there_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        let path = path.to_str().unwrap();
        let refused = || Samples::read(path).unwrap_err().to_string();
        assert!(refused().starts_with(&format!("cannot read `{path}`: ")));
        let long = format!("1s\n{}", "\n".repeat(1 << 20));
        std::fs::write(path, &long[..1 << 20]).unwrap();
        assert!(Samples::read(path).is_ok());
        std::fs::write(path, &long[..=1 << 20]).unwrap();
        assert_eq!(
            refused(),
            format!("a file of samples has at most 1 MiB, `{path}` has more")
        );
    }
}
