//! `text`: for a terminal of 80 columns. The answer comes first, details come last.

use super::answer::Answer;
use super::format::{Report, ReportOptions};
use super::text_lines::{write_block, write_line, write_styled, write_table};
use super::{detail_sentences, details, sentences, summary_table};
use crate::comparison::{Cell, Comparison};
use std::io::{Result, Write};

pub(super) struct TextReport;

impl Report for TextReport {
    fn name(&self) -> &'static str {
        "text"
    }

    fn write(
        &self,
        comparison: &Comparison,
        options: ReportOptions<'_>,
        out: &mut dyn Write,
    ) -> Result<()> {
        write_answer(comparison, options, out)?;
        write_line(&sentences::conditions(comparison), out)?;
        if comparison
            .cells
            .iter()
            .any(|cell| !cell.strategies.is_empty())
        {
            writeln!(out)?;
            write_table(summary_table::columns(comparison), out)?;
        }
        write_block(
            &sentences::below_table(comparison, !options.is_verbose),
            out,
        )?;
        if options.is_verbose {
            write_details(comparison, out)?;
        }
        Ok(())
    }
}

/// The verdict, the answer, the reasons to doubt it, and what was not checked.
fn write_answer(
    comparison: &Comparison,
    options: ReportOptions<'_>,
    out: &mut dyn Write,
) -> Result<()> {
    let Answer {
        validity,
        lines,
        doubts,
    } = Answer::new(comparison, !options.is_verbose);
    for (index, line) in lines.iter().enumerate() {
        match index {
            0 => write_styled("", validity, line, options, out)?,
            _ => write_line(&format!("  {line}"), out)?,
        }
    }
    for (severity, text) in &doubts {
        write_styled("  ", *severity, text, options, out)?;
    }
    let unchecked = sentences::unchecked(comparison);
    unchecked
        .iter()
        .try_for_each(|sentence| write_line(&format!("  {sentence}"), out))
}

fn write_details(comparison: &Comparison, out: &mut dyn Write) -> Result<()> {
    for cell in &comparison.cells {
        let prefix = comparison.prefix(cell);
        if !prefix.is_empty() {
            writeln!(out)?;
            write_line(&prefix, out)?;
        }
        write_cell_details(cell, out)?;
    }
    write_block(&detail_sentences::of_comparison(comparison), out)
}

fn write_cell_details(cell: &Cell, out: &mut dyn Write) -> Result<()> {
    write_block(&detail_sentences::sentences(cell), out)?;
    for table in details::tables(cell) {
        writeln!(out, "\n{}\n", table.title)?;
        write_table(table.columns, out)?;
    }
    let mut drawn = cell
        .strategies
        .iter()
        .filter(|one| !one.timeline.is_empty())
        .peekable();
    if drawn.peek().is_some() {
        writeln!(out)?;
        write_line(detail_sentences::TIMELINES, out)?;
    }
    for strategy in drawn {
        writeln!(out)?;
        write_line(&detail_sentences::timeline_title(strategy), out)?;
        strategy
            .timeline
            .iter()
            .try_for_each(|line| writeln!(out, "  {line}"))?;
    }
    Ok(())
}
