//! `text`: for a terminal of 80 columns. The answer comes first, details come last.

use super::answer::Answer;
use super::format::{Report, ReportOptions};
use super::layout::{TableColumn, fit, wrap};
use super::{detail_sentences, details, sentences, summary_table};
use crate::comparison::{Cell, Comparison};
use crate::validity::Validity;
use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
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

/// A line that begins with a verdict, in its colour.
fn write_styled(
    indent: &str,
    validity: Validity,
    text: &str,
    options: ReportOptions<'_>,
    out: &mut dyn Write,
) -> Result<()> {
    let wrapped = wrap(&format!("{indent}{validity}: {text}"));
    let plain = format!("{indent}{validity}");
    let rest = wrapped.strip_prefix(&plain).unwrap_or_default();
    writeln!(out, "{indent}{}{rest}", (options.style)(validity))
}

fn write_line(line: &str, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{}", wrap(line))
}

/// An empty line and these lines; nothing without any.
fn write_block(lines: &[String], out: &mut dyn Write) -> Result<()> {
    if !lines.is_empty() {
        writeln!(out)?;
    }
    lines.iter().try_for_each(|line| write_line(line, out))
}

fn write_table(columns: Vec<TableColumn>, out: &mut dyn Write) -> Result<()> {
    let columns = fit(columns);
    let rows = columns.first().map_or(0, |column| column.values.len());
    let mut table = Table::new();
    let rule = LineStyle::none().fill('-').junction('-');
    table.load_style(TableStyle::new().header_separator(rule));
    table.set_header(columns.iter().map(|column| &column.header));
    table.add_rows((0..rows).map(|row| columns.iter().map(move |column| &column.values[row])));
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((u16::from(index > 0), 0));
        // Right-aligned numbers have their units below each other.
        if !columns[index].is_text {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    writeln!(out, "{}", table.trim_fmt())
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
