//! The trait of the formats of load results.

use crate::load::result::LoadResult;
use crate::report::ReportOptions;
use std::io::{Result, Write};

/// A format of the result of a load run.
pub trait LoadReport: Sync {
    /// The name on the command line.
    fn name(&self) -> &'static str;

    /// Writes a result. Formats for programs ignore the options.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    fn write(
        &self,
        result: &LoadResult,
        options: ReportOptions<'_>,
        out: &mut dyn Write,
    ) -> Result<()>;
}
