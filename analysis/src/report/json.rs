//! `json`: the result document. Durations are whole microseconds, in fields that end in `_us`.

use super::format::{Report, ReportOptions};
use crate::comparison::Comparison;
use std::io::{Result, Write};

pub(super) struct JsonReport;

impl Report for JsonReport {
    fn name(&self) -> &'static str {
        "json"
    }

    fn write(
        &self,
        comparison: &Comparison,
        _: ReportOptions<'_>,
        out: &mut dyn Write,
    ) -> Result<()> {
        serde_json::to_writer_pretty(&mut *out, comparison)?;
        writeln!(out)
    }
}
