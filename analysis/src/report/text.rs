//! `text`: tables for a terminal, that can be pasted into a code block as they are.

use super::columns::{self, Columns, micros};
use super::{Cell, Comparison, Report, StrategyResult};
use crate::report::notes::remarks;
use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use std::io::{self, Write};

const BOUND: &str = "bound: the least wall time that the delays planned by the server allow; \
                     efficiency: bound over wall";

const WATERFALLS: &str = "the rounds of the median wall times, on one scale under the same conditions: time runs to the right; attempts \
                          come down as they were sent, where they are many several a line";

/// The format.
#[derive(Debug)]
pub struct Text;

impl Report for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn write(&self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
        match comparison.cells.as_slice() {
            [cell] => write_cell(cell, out)?,
            cells => write_grid(comparison, cells, out)?,
        }
        write_waterfalls(comparison, out)?;
        for remark in remarks(comparison) {
            writeln!(out, "{remark}")?;
        }
        for cell in &comparison.cells {
            write_verdict(comparison, cell, out)?;
        }
        Ok(())
    }
}

fn write_cell(cell: &Cell, out: &mut dyn Write) -> io::Result<()> {
    let heading = columns::heading(cell, |_| true);
    let medians = medians(cell.rounds);
    writeln!(
        out,
        "{heading}{medians}\n\n{}\n",
        table(columns::figures(cell)).trim_fmt()
    )?;
    writeln!(out, "{}\n", table(columns::costs(cell)).trim_fmt())?;
    if cell.rows.iter().any(|row| row.bound_us.is_some()) {
        writeln!(out, "{BOUND}")?;
    }
    cell.rows
        .iter()
        .try_for_each(|row| write_failures(row, out))?;
    write_behind(cell, out)?;
    write_binding(cell, out)
}

/// How much longer each took than the fastest, and in which rounds the machine stalled.
fn write_behind(cell: &Cell, out: &mut dyn Write) -> io::Result<()> {
    let stalled = cell.rows.iter().filter_map(columns::stalled);
    let mut lines = cell.rows.iter().filter_map(columns::behind).chain(stalled);
    lines.try_for_each(|line| writeln!(out, "{line}"))
}

fn write_waterfalls(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    let cells = comparison.cells.iter();
    let rows = cells.flat_map(|cell| cell.rows.iter().map(move |row| (cell, row)));
    let mut drawn = rows.filter(|(_, row)| !row.waterfall.is_empty()).peekable();
    if drawn.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n{WATERFALLS}")?;
    for (cell, row) in drawn {
        let (name, round) = (&row.strategy, row.median_round);
        let (attempts, wall) = (row.attempts_of_median.len(), micros(row.wall_us.median));
        let place = place(comparison, cell);
        writeln!(
            out,
            "\n{place}{name}, round {round}: {attempts} attempts, {wall}"
        )?;
        let mut lines = row.waterfall.iter();
        lines.try_for_each(|line| writeln!(out, "  {line}"))?;
    }
    writeln!(out)
}

/// The conditions in which a cell differs from others, as a line begins with them.
fn place(comparison: &Comparison, cell: &Cell) -> String {
    let varying = columns::varying(comparison);
    match columns::heading(cell, |name| varying.iter().any(|other| other == name)) {
        nothing if nothing.is_empty() => nothing,
        heading => format!("{heading}: "),
    }
}

/// Of how many rounds the figures are.
fn medians(rounds: usize) -> String {
    if rounds > 1 {
        format!(", medians of {rounds} rounds, counts of all")
    } else {
        String::new()
    }
}

fn write_grid(comparison: &Comparison, cells: &[Cell], out: &mut dyn Write) -> io::Result<()> {
    let varying = columns::varying(comparison);
    if let Some(first) = cells.first() {
        let heading = columns::heading(first, |name| !varying.iter().any(|other| other == name));
        let rounds = cells.iter().map(|cell| cell.rounds).max().unwrap_or(0);
        let medians = medians(rounds);
        writeln!(out, "{heading}{medians}\n")?;
    }
    let (figures, costs) = (
        columns::all_figures(comparison),
        columns::all_costs(comparison),
    );
    writeln!(out, "{}\n", table(figures).trim_fmt())?;
    writeln!(out, "{}\n", table(costs).trim_fmt())?;
    writeln!(out, "{BOUND}")?;
    for cell in cells {
        let heading = columns::heading(cell, |name| varying.iter().any(|other| other == name));
        writeln!(out, "\n{heading}:")?;
        cell.rows
            .iter()
            .try_for_each(|row| write_failures(row, out))?;
        write_behind(cell, out)?;
        write_binding(cell, out)?;
    }
    Ok(())
}

fn write_binding(cell: &Cell, out: &mut dyn Write) -> io::Result<()> {
    for row in &cell.rows {
        if let Some(binds) = &row.binding {
            let name = &row.strategy;
            writeln!(
                out,
                "{name}: held back by {}: {};\n  {}",
                binds.what, binds.evidence, binds.remedy
            )?;
            if let Some(terms) = columns::terms(row) {
                writeln!(out, "  {terms}")?;
            }
        }
    }
    Ok(())
}

fn write_verdict(comparison: &Comparison, cell: &Cell, out: &mut dyn Write) -> io::Result<()> {
    let place = place(comparison, cell);
    writeln!(out, "{place}{}", cell.verdict.validity)?;
    for doubt in &cell.verdict.reasons {
        writeln!(out, "  {}: {}", doubt.severity, doubt.reason)?;
    }
    Ok(())
}

fn table(columns: Columns) -> Table {
    let mut table = Table::new();
    let rule = LineStyle::none().fill('-').junction('-');
    table.load_style(TableStyle::new().header_separator(rule));
    table.set_header(columns.heads);
    table.add_rows(columns.lines);
    for (place, column) in table.column_iter_mut().enumerate() {
        // Names to the left; numbers to the right, so that units stand below each other.
        column.set_padding((u16::from(place > 0), 0));
        if place >= columns.words {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn write_failures(row: &StrategyResult, out: &mut dyn Write) -> io::Result<()> {
    for failure in &row.failures {
        writeln!(
            out,
            "{}: {} x {}",
            row.strategy, failure.count, failure.reason
        )?;
    }
    if row.unstarted > 0 {
        writeln!(out, "{}: {} not started", row.strategy, row.unstarted)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bound::terms::BoundTerms;
    use crate::report::Ratio;
    use crate::report::tests::comparison;

    fn written(comparison: &Comparison) -> String {
        let mut text = Vec::new();
        Text.write(comparison, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_person_sees_the_rows_the_bound_the_costs_and_the_reasons() {
        let expected = "\
latency 50ms

strategy    concurrency     wall  speed-up    bound  efficiency      p50      p99  ok  not found  error
-------------------------------------------------------------------------------------------------------
sequential            1   1.03 s         -   1.00 s       97.1%  50.0 ms  51.0 ms   1          0      1
async                 2  52.0 ms         -  50.0 ms       96.2%  50.0 ms  51.0 ms   1          0      1

strategy        CPU     user   system   memory  threads  waits  preempted  attempts  fates met
----------------------------------------------------------------------------------------------
sequential  3.00 ms  2.00 ms  1.00 ms  8.0 MiB        1     20          0         2          -
async       3.00 ms  2.00 ms  1.00 ms  8.0 MiB        1     20          0         2          -

bound: the least wall time that the delays planned by the server allow; efficiency: bound over wall
sequential: 1 x 500 Internal Server Error
async: 1 x 500 Internal Server Error
VALID
";
        assert_eq!(written(&comparison()), expected);
    }

    #[test]
    fn what_is_apart_is_told_where_something_is() {
        let mut apart = comparison();
        let row = &mut apart.cells[0].rows[1];
        (row.compared, row.apart, row.retries) = (1, 1, 1);
        let text = written(&apart);
        let expected = "attempts  retries  compared  apart  fates met\n";
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn the_terms_of_the_bound_stand_below_what_binds() {
        let ms = std::time::Duration::from_millis;
        let mut bound = comparison();
        bound.cells[0].rows[1].binding = Some(crate::report::BottleneckView {
            what: "capacity".into(),
            evidence: "so it is".into(),
            remedy: "more seats".into(),
            terms: Some(BoundTerms {
                critical_path: ms(50),
                even_split: ms(25),
                packing: ms(30),
                server_concurrency_limit: ms(40),
                includes_backoff: ms(9),
                ..BoundTerms::default()
            }),
        });
        let expected = "async: held back by capacity: so it is;\n  more seats\n  bound 50.0 ms = the largest of \
                        longest chain 50.0 ms, evenly over the lanes 25.0 ms, sharing a lane 30.0 ms, capacity \
                        40.0 ms; of which back-off 9.00 ms\n";
        let text = written(&bound);
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn a_stall_of_the_machine_is_told_apart() {
        let mut stalled = comparison();
        stalled.cells[0].rows[1].stalled = vec![1];
        let expected = "\nasync: the machine stalled in round 1 of 1: 1% of the answers were late by more than \
                        a fifth of the delay\n";
        assert!(written(&stalled).contains(expected));
    }

    #[test]
    fn several_cells_are_one_table_with_what_differs() {
        let mut several = comparison();
        let mut other = several.cells[0].clone();
        other.conditions[0].1 = "5ms".into();
        other.rows[0].waterfall = vec!["▇▇".into()];
        let (to, ratio) = ("async".to_owned(), 1.01);
        other.rows[0].behind = Some(Ratio {
            to,
            ratio,
            interval: Some([0.99, 1.03]),
            is_difference: Some(false),
            smallest: Some(0.04),
        });
        several.cells.push(other);
        let text = written(&several);
        let behind = "\nlatency 5ms:\nsequential: 1 x 500 Internal Server Error\n\
                      async: 1 x 500 Internal Server Error\n\
                      sequential: no difference from async seen (0.990 to 1.030 times as long); the smallest \
                      that would have been seen is 4.0%\n";
        assert!(text.contains(behind), "{text}");
        let picture = "\n\nlatency 5ms: sequential, round 1: 2 attempts, 1.03 s\n  ▇▇\n\n";
        assert!(text.contains(picture), "{text}");
        assert!(
            text.contains("\nlatency  strategy    concurrency "),
            "{text}"
        );
        assert!(text.contains("\nlatency 5ms: VALID\n"), "{text}");
    }
}
