//! The trait of report formats.

use crate::comparison::Comparison;
use crate::validity::Validity;
use std::io::{self, Write};

/// A format of a result.
pub trait Report: Sync {
    /// The name on the command line.
    fn name(&self) -> &'static str;

    /// Writes a result. `style` gives each validity as text, on a terminal with its colour; formats for programs ignore
    /// it.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    fn write(
        &self,
        comparison: &Comparison,
        style: &dyn Fn(Validity) -> String,
        out: &mut dyn Write,
    ) -> io::Result<()>;
}
