//! The trait of report formats.

use crate::comparison::Comparison;
use crate::validity::Validity;
use std::io::{Result, Write};

/// The text of a validity, on a terminal with its colour.
pub type Style<'a> = &'a dyn Fn(Validity) -> String;

/// A format of a result.
pub trait Report: Sync {
    /// The name on the command line.
    fn name(&self) -> &'static str;

    /// Writes a result. Formats for programs ignore `style`.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    fn write(&self, comparison: &Comparison, style: Style<'_>, out: &mut dyn Write) -> Result<()>;
}
