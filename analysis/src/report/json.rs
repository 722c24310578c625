//! `json`: one document, the result file. Durations are whole microseconds, in fields that end in `_us`.

use super::{Comparison, Report};
use std::io::{self, Write};

/// The format.
#[derive(Debug)]
pub struct Json;

impl Report for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn write(&self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, comparison)?;
        writeln!(out)
    }
}
