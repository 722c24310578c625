//! `json`: the result document. Durations are whole microseconds, in fields that end in `_us`.

use super::format::Report;
use crate::comparison::Comparison;
use crate::validity::Validity;
use std::io::{self, Write};

pub(super) struct JsonReport;

impl Report for JsonReport {
    fn name(&self) -> &'static str {
        "json"
    }

    fn write(
        &self,
        comparison: &Comparison,
        _style: &dyn Fn(Validity) -> String,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, comparison)?;
        writeln!(out)
    }
}
