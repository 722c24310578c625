//! `markdown`: tables to be pasted into an issue.

use super::content::{self, TableContent};
use super::format::{Report, Style};
use crate::comparison::{Cell, Comparison};
use std::io::{Result, Write};

pub(super) struct MarkdownReport;

impl Report for MarkdownReport {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn write(&self, comparison: &Comparison, _: Style<'_>, out: &mut dyn Write) -> Result<()> {
        for (index, cell) in comparison.cells.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            write_cell(cell, out)?;
        }
        write_list(&content::notes(comparison), out)
    }
}

fn write_cell(cell: &Cell, out: &mut dyn Write) -> Result<()> {
    let (heading, validity) = (cell.describe(|_| true), cell.verdict.validity);
    writeln!(out, "**{validity}**: {heading}; rounds {}\n", cell.rounds)?;
    let cells = std::slice::from_ref(cell);
    write_table(&content::figures(cells, &[]), out)?;
    writeln!(out)?;
    write_table(&content::costs(cells, &[]), out)?;
    let strategies = || cell.strategies.iter();
    let bottlenecks = strategies().filter_map(content::limited_by);
    let ratios = strategies().filter_map(|one| content::ratio_to_reference(cell, one));
    let issues = cell.verdict.reasons.iter();
    let issues = issues.map(|issue| format!("{}: {}", issue.severity, issue.message));
    let issues = issues.chain(content::unchecked(&cell.verdict));
    write_list(
        &bottlenecks
            .chain(ratios)
            .chain(content::repeated(cell))
            .chain(issues)
            .collect::<Vec<_>>(),
        out,
    )
}

/// An empty line and a list; nothing without items.
fn write_list(items: &[String], out: &mut dyn Write) -> Result<()> {
    if !items.is_empty() {
        writeln!(out)?;
    }
    items.iter().try_for_each(|item| writeln!(out, "- {item}"))
}

fn write_table(content: &TableContent, out: &mut dyn Write) -> Result<()> {
    let columns = 0..content.headers.len();
    let is_text = |column| column < content.text_columns;
    let alignments = columns.map(|column| if is_text(column) { "---" } else { "--:" });
    let alignments = alignments.map(str::to_owned).collect();
    let mut lines = [&content.headers, &alignments]
        .into_iter()
        .chain(&content.rows);
    lines.try_for_each(|line| writeln!(out, "| {} |", line.join(" | ")))
}
