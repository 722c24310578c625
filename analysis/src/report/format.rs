//! The trait of report formats.

use crate::comparison::Comparison;
use crate::validity::verdict::Validity;
use std::io::{self, Write};

/// A format of a result.
pub trait Report: Sync {
    /// The name on the command line.
    fn name(&self) -> &'static str;

    /// Writes a result.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    fn write(&self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()>;

    /// Writes a result for a terminal, where `style` gives each validity with its colour. Formats without colours
    /// ignore it.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    fn write_styled(
        &self,
        comparison: &Comparison,
        _style: &dyn Fn(Validity) -> String,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        self.write(comparison, out)
    }
}
