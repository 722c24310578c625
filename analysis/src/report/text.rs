//! `text`: tables for a terminal that can be pasted into a code block.

#[cfg(test)]
mod tests;

use super::conditions::{heading, prefix, varying};
use super::format::Report;
use super::notes::notes;
use super::sentences;
use super::table_content::{self, TableContent, micros};
use crate::comparison::{Cell, Comparison, StrategyResult};
use crate::human::plural;
use crate::validity::verdict::Validity;
use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use std::io::{self, Write};

const LOWER_BOUND: &str = "lower bound: the shortest wall time that the server's planned delays allow; \
                           efficiency: lower bound / wall time";

const TIMELINES: &str =
    "Timeline of each strategy's median round (time left to right, requests in send order)";

#[derive(Debug)]
pub(super) struct TextReport;

impl Report for TextReport {
    fn name(&self) -> &'static str {
        "text"
    }

    fn write(&self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
        self.write_styled(comparison, &|validity| validity.to_string(), out)
    }

    fn write_styled(
        &self,
        comparison: &Comparison,
        style: &dyn Fn(Validity) -> String,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match comparison.cells.as_slice() {
            [cell] => write_cell(cell, out)?,
            cells => write_grid(comparison, cells, out)?,
        }
        write_timelines(comparison, out)?;
        for note in notes(comparison) {
            writeln!(out, "{note}")?;
        }
        for cell in &comparison.cells {
            let verdict = &cell.verdict;
            let prefix = prefix(comparison, cell);
            writeln!(out, "{prefix}{}", style(verdict.validity))?;
            for issue in &verdict.reasons {
                writeln!(out, "  {}: {}", style(issue.severity), issue.message)?;
            }
        }
        Ok(())
    }
}

fn write_cell(cell: &Cell, out: &mut dyn Write) -> io::Result<()> {
    let heading = heading(cell, |_| true);
    writeln!(out, "{heading}{}\n", of_rounds(cell.rounds))?;
    write_table(table_content::figures(cell), out)?;
    write_table(table_content::costs(cell), out)?;
    if cell.strategies.iter().any(|one| one.bound_us.is_some()) {
        writeln!(out, "{LOWER_BOUND}")?;
    }
    write_sentences(cell, out)
}

fn write_grid(comparison: &Comparison, cells: &[Cell], out: &mut dyn Write) -> io::Result<()> {
    let varying = varying(comparison);
    if let Some(first) = cells.first() {
        let common = heading(first, |name| !varying.contains(name));
        let rounds = cells.iter().map(|cell| cell.rounds).max().unwrap_or(0);
        writeln!(out, "{common}{}\n", of_rounds(rounds))?;
    }
    write_table(table_content::all_figures(comparison), out)?;
    write_table(table_content::all_costs(comparison), out)?;
    writeln!(out, "{LOWER_BOUND}")?;
    for cell in cells {
        let heading = heading(cell, |name| varying.contains(name));
        writeln!(out, "\n{heading}:")?;
        write_sentences(cell, out)?;
    }
    Ok(())
}

fn of_rounds(rounds: usize) -> String {
    if rounds > 1 {
        format!("; medians of {rounds} rounds, counts of all rounds")
    } else {
        String::new()
    }
}

fn write_table(content: TableContent, out: &mut dyn Write) -> io::Result<()> {
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
fn write_sentences(cell: &Cell, out: &mut dyn Write) -> io::Result<()> {
    for strategy in &cell.strategies {
        write_failures(strategy, out)?;
    }
    let strategies = || cell.strategies.iter();
    let ratios = strategies().filter_map(sentences::ratio_to_fastest);
    let stalls = strategies().filter_map(sentences::stalled);
    let bottlenecks = strategies().filter_map(sentences::limited_by);
    let mut lines = ratios.chain(stalls).chain(bottlenecks);
    lines.try_for_each(|line| writeln!(out, "{line}"))
}

fn write_failures(strategy: &StrategyResult, out: &mut dyn Write) -> io::Result<()> {
    let name = &strategy.name;
    for failure in &strategy.failures {
        writeln!(out, "{name}: {} x {}", failure.count, failure.reason)?;
    }
    if strategy.unstarted > 0 {
        writeln!(out, "{name}: {} not started", strategy.unstarted)?;
    }
    Ok(())
}

fn write_timelines(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
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
            prefix(comparison, cell),
            strategy.name,
            strategy.median_round,
            plural(strategy.median_round_attempts.len(), "attempt"),
            micros(strategy.wall_us.median)
        )?;
        for line in &strategy.timeline {
            writeln!(out, "  {line}")?;
        }
    }
    writeln!(out)
}
