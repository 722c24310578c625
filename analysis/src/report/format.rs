//! The trait of report formats.

use crate::comparison::Comparison;
use crate::validity::Validity;
use std::io::{Result, Write};

/// How formats for people present a result.
#[derive(Clone, Copy)]
pub struct ReportOptions<'a> {
    /// The text of a validity, on a terminal with its colour.
    pub style: &'a dyn Fn(Validity) -> String,
    /// Whether to add details: timelines, the terms of the lower bound, costs, attempts.
    pub is_verbose: bool,
}

/// A format of a result.
pub trait Report: Sync {
    /// The name on the command line.
    fn name(&self) -> &'static str;

    /// Writes a result. Formats for programs ignore the options.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    fn write(
        &self,
        comparison: &Comparison,
        options: ReportOptions<'_>,
        out: &mut dyn Write,
    ) -> Result<()>;
}
