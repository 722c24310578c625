//! `json`: the result document. Times are in microseconds, in fields that end in `_us`.

use super::format::LoadReport;
use crate::load::result::LoadResult;
use crate::report::ReportOptions;
use std::io::{Result, Write};

pub(super) struct LoadJson;

impl LoadReport for LoadJson {
    fn name(&self) -> &'static str {
        "json"
    }

    fn write(&self, result: &LoadResult, _: ReportOptions<'_>, out: &mut dyn Write) -> Result<()> {
        serde_json::to_writer_pretty(&mut *out, result)?;
        writeln!(out)
    }
}
