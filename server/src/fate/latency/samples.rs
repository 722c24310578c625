//! A CSV file of samples for `quantiles`: one duration per line, such as `50ms`. The first line may be a
//! header; empty lines are ignored.
//!
//! The file is read once, when the specification is parsed; a relative name is relative to the working
//! directory. At most 1 MiB and 100,000 samples.

use flagpole_protocol::spec::{self, SpecError};
use std::fs::File;
use std::io::{self, Read};
use std::time::Duration;

/// The extension of the name of a file, in any case.
pub(super) const FILE_EXTENSION: &str = "csv";

/// The maximum file size in bytes.
const MAX_BYTES: u64 = 1 << 20;

const MAX_SAMPLES: usize = 100_000;

/// The samples of a file, at least one, in ascending order.
#[derive(Debug)]
pub(crate) struct Samples {
    /// The name of the file as given.
    pub(super) path: String,
    ascending: Vec<Duration>,
}

impl Samples {
    /// Reads a file.
    ///
    /// # Errors
    /// If the file cannot be read, is too long, or contains anything but samples.
    pub(crate) fn read(path: &str) -> Result<Samples, SpecError> {
        let unreadable =
            |error: io::Error| SpecError::rule(format!("cannot read `{path}`: {error}"));
        let mut text = String::new();
        // One byte above the limit shows that the file is longer.
        let mut file = File::open(path).map_err(unreadable)?.take(MAX_BYTES + 1);
        file.read_to_string(&mut text).map_err(unreadable)?;
        if text.len() as u64 > MAX_BYTES {
            return Err(SpecError::rule(format!(
                "a file of samples may have at most 1 MiB, `{path}` has more"
            )));
        }
        Samples::parse(path, &text)
    }

    fn parse(path: &str, text: &str) -> Result<Samples, SpecError> {
        let mut ascending = Vec::new();
        // Spreadsheets write a byte order mark.
        let text = text.trim_start_matches('\u{feff}');
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            if line.is_empty() || number == 1 && is_header(line) {
                continue;
            }
            let sample = spec::duration(line)
                .map_err(|error| SpecError::rule(format!("{path}:{number}: {error}")))?;
            ascending.push(sample);
        }
        let rule = match ascending.len() {
            0 => format!("must have at least one sample, `{path}` has none"),
            1..=MAX_SAMPLES => {
                ascending.sort_unstable();
                let path = path.to_owned();
                return Ok(Samples { path, ascending });
            }
            _ => format!("may have at most 100,000 samples, `{path}` has more"),
        };
        Err(SpecError::rule(format!("a file of samples {rule}")))
    }

    /// The sample at the fraction `p` of the ascending samples, 0 < p < 1.
    pub(crate) fn quantile(&self, p: f64) -> Duration {
        let count = self.ascending.len();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the number of samples"
        )]
        let rank = (p * count as f64) as usize;
        self.ascending[rank.min(count - 1)]
    }
}

/// Whether a first line is a header. A line that begins like a number is a malformed sample instead.
fn is_header(line: &str) -> bool {
    !line.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
}

#[cfg(test)]
mod tests;
