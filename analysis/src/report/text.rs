//! `text`: tables for a terminal that can be pasted into a code block.

use super::content::{self, TableContent};
use super::format::{Report, Style};
use crate::comparison::{Cell, Comparison, StrategyResult};
use crate::human::{HumanDuration, plural};
use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use std::io::{Result, Write};

const LOWER_BOUND: &str = "lower bound: the shortest wall time that the server's planned delays allow; \
                           efficiency: lower bound / wall time";

const TIMELINES: &str =
    "Timeline of each strategy's median round (time left to right, requests in send order)";

pub(super) struct TextReport;

impl Report for TextReport {
    fn name(&self) -> &'static str {
        "text"
    }

    fn write(&self, comparison: &Comparison, style: Style<'_>, out: &mut dyn Write) -> Result<()> {
        write_tables(comparison, out)?;
        for cell in &comparison.cells {
            if comparison.cells.len() > 1 {
                writeln!(out, "\n{}", comparison.prefix(cell).trim_end())?;
            }
            write_sentences(cell, out)?;
        }
        write_timelines(comparison, out)?;
        for note in content::notes(comparison) {
            writeln!(out, "{note}")?;
        }
        for cell in &comparison.cells {
            let (prefix, verdict) = (comparison.prefix(cell), &cell.verdict);
            writeln!(out, "{prefix}{}", style(verdict.validity))?;
            for issue in &verdict.reasons {
                writeln!(out, "  {}: {}", style(issue.severity), issue.message)?;
            }
            for sentence in content::unchecked(verdict) {
                writeln!(out, "  {sentence}")?;
            }
        }
        Ok(())
    }
}

fn write_tables(comparison: &Comparison, out: &mut dyn Write) -> Result<()> {
    let (cells, varying) = (&comparison.cells, comparison.varying());
    if let Some(first) = cells.first() {
        write!(out, "{}", first.describe(|name| !varying.contains(&name)))?;
    }
    match cells.iter().map(|cell| cell.rounds).max() {
        None | Some(0 | 1) => writeln!(out, "\n")?,
        Some(rounds) => writeln!(out, "; medians of {rounds} rounds, counts of all rounds\n")?,
    }
    write_table(content::figures(cells, &varying), out)?;
    write_table(content::costs(cells, &varying), out)?;
    let mut strategies = cells.iter().flat_map(|cell| &cell.strategies);
    if strategies.any(|one| one.bound_us.is_some()) {
        writeln!(out, "{LOWER_BOUND}")?;
    }
    Ok(())
}

fn write_table(content: TableContent, out: &mut dyn Write) -> Result<()> {
    let mut table = Table::new();
    let rule = LineStyle::none().fill('-').junction('-');
    table.load_style(TableStyle::new().header_separator(rule));
    table.set_header(content.headers);
    table.add_rows(content.rows);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((u16::from(index > 0), 0));
        // Right-aligned numbers have their units below each other.
        if index >= content.text_columns {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    writeln!(out, "{}\n", table.trim_fmt())
}

/// Failures, ratios, stalls and bottlenecks of a cell.
fn write_sentences(cell: &Cell, out: &mut dyn Write) -> Result<()> {
    for strategy in &cell.strategies {
        write_failures(strategy, out)?;
    }
    let strategies = || cell.strategies.iter();
    let ratios = strategies().filter_map(|one| content::ratio_to_reference(cell, one));
    let stalls = strategies().filter_map(content::stalled);
    let bottlenecks = strategies().filter_map(content::limited_by);
    let repeated = content::repeated(cell).into_iter();
    let mut lines = ratios.chain(repeated).chain(stalls).chain(bottlenecks);
    lines.try_for_each(|line| writeln!(out, "{line}"))
}

fn write_failures(strategy: &StrategyResult, out: &mut dyn Write) -> Result<()> {
    let name = &strategy.name;
    for failure in &strategy.failures {
        writeln!(out, "{name}: {} x {}", failure.count, failure.reason)?;
    }
    if strategy.unstarted > 0 {
        writeln!(out, "{name}: {} not started", strategy.unstarted)?;
    }
    Ok(())
}

fn write_timelines(comparison: &Comparison, out: &mut dyn Write) -> Result<()> {
    let cells = comparison.cells.iter();
    let all = cells.flat_map(|cell| cell.strategies.iter().map(move |one| (cell, one)));
    let mut drawn = all.filter(|(_, one)| !one.timeline.is_empty()).peekable();
    if drawn.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n{TIMELINES}")?;
    for (cell, strategy) in drawn {
        writeln!(
            out,
            "\n{}{}, round {}: {}, {}",
            comparison.prefix(cell),
            strategy.name,
            strategy.median_round,
            plural(strategy.median_round_attempts.len(), "attempt"),
            HumanDuration::from_micros(strategy.wall_us.median)
        )?;
        for line in &strategy.timeline {
            writeln!(out, "  {line}")?;
        }
    }
    writeln!(out)
}
