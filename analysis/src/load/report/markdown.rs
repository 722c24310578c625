//! `markdown`: to be pasted into an issue or a pull request. What `text` shows with `--verbose` is folded.

use super::answer::LoadAnswer;
use super::format::LoadReport;
use super::tables::LoadTable;
use super::{details, processes, sentences, tables};
use crate::load::result::LoadResult;
use crate::report::ReportOptions;
use crate::report::markdown_lines::{write_list, write_table};
use std::io::{Result, Write};

pub(super) struct LoadMarkdown;

impl LoadReport for LoadMarkdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn write(&self, result: &LoadResult, _: ReportOptions<'_>, out: &mut dyn Write) -> Result<()> {
        let answer = LoadAnswer::new(result);
        writeln!(out, "**{}**: {}", answer.validity, answer.line)?;
        let doubts = answer.doubts.iter();
        let doubts = doubts.map(|(severity, text)| format!("{severity}: {text}"));
        let reasons = doubts.chain(sentences::unchecked(result));
        write_list(&reasons.collect::<Vec<_>>(), out)?;
        writeln!(out, "\nConditions: {}", sentences::conditions(result))?;
        if result.figures.requests > 0 {
            writeln!(out)?;
            write_table(&tables::latencies(result), out)?;
        }
        write_list(&sentences::below_table(result), out)?;
        write_tables(tables::curve(result), out)?;
        write_tables(processes::table(result, processes::FEW), out)?;
        writeln!(out, "\n<details><summary>Details</summary>")?;
        write_tables(details::tables(result), out)?;
        writeln!(out, "\n</details>")
    }
}

fn write_tables(tables: impl IntoIterator<Item = LoadTable>, out: &mut dyn Write) -> Result<()> {
    tables.into_iter().try_for_each(|table| {
        writeln!(out, "\n{}\n", table.title)?;
        write_table(&table.columns, out)
    })
}
