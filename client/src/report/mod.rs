//! What `compare` says: rows as plain data, and the formats in which they are written.
//!
//! A family: one format a file, and one list.

mod comparison;
mod figures;
pub mod json;
pub mod text;

pub use comparison::{Comparison, Failure, Row};
pub use figures::{Quantiles, Spread};

use std::io::{self, Write};

/// A format.
pub trait Report: Sync {
    /// The name on the command line.
    fn name(&self) -> &'static str;

    /// Writes a comparison.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    fn write(&self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()>;
}

/// Every format; the first is the default.
pub const ALL: &[&dyn Report] = &[&text::Text, &json::Json];

/// There is no such format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{0}`; known: {known}", known = known())]
pub struct UnknownFormat(String);

/// The format of this name.
///
/// # Errors
/// If there is none; the error lists those that there are.
pub fn by_name(name: &str) -> Result<&'static dyn Report, UnknownFormat> {
    let named = ALL.iter().find(|report| report.name() == name);
    named.copied().ok_or_else(|| UnknownFormat(name.to_owned()))
}

fn known() -> String {
    let mut names: Vec<_> = ALL.iter().map(|report| report.name()).collect();
    names.sort_unstable();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_found_by_its_name_or_the_known_ones_are_listed() {
        for report in ALL {
            assert_eq!(by_name(report.name()).unwrap().name(), report.name());
        }
        let error = by_name("xml").err().unwrap().to_string();
        assert_eq!(error, "unknown format `xml`; known: json, text");
    }
}
