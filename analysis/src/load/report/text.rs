//! `text`: for a terminal of 80 columns. The verdict and the answer come first, details come last.

use super::answer::LoadAnswer;
use super::format::LoadReport;
use super::{details, processes, sentences, tables};
use crate::load::result::LoadResult;
use crate::report::ReportOptions;
use crate::report::text_lines::{write_block, write_line, write_styled, write_table};
use std::io::{Result, Write};

pub(super) struct LoadText;

impl LoadReport for LoadText {
    fn name(&self) -> &'static str {
        "text"
    }

    fn write(
        &self,
        result: &LoadResult,
        options: ReportOptions<'_>,
        out: &mut dyn Write,
    ) -> Result<()> {
        let answer = LoadAnswer::new(result);
        write_styled("", answer.validity, &answer.line, options, out)?;
        for (severity, text) in &answer.doubts {
            write_styled("  ", *severity, text, options, out)?;
        }
        for sentence in sentences::unchecked(result) {
            write_line(&format!("  {sentence}"), out)?;
        }
        write_line(&sentences::conditions(result), out)?;
        if result.figures.requests > 0 {
            writeln!(out)?;
            write_table(tables::latencies(result), out)?;
        }
        write_block(&sentences::below_table(result), out)?;
        let (rows, details) = if options.is_verbose {
            (usize::MAX, details::tables(result))
        } else {
            (processes::FEW, Vec::new())
        };
        let shown = processes::table(result, rows).into_iter().chain(details);
        for table in tables::curve(result).into_iter().chain(shown) {
            writeln!(out)?;
            write_line(&table.title, out)?;
            writeln!(out)?;
            write_table(table.columns, out)?;
        }
        Ok(())
    }
}
