//! `text`: a table for a terminal, that can be pasted into a code block as it is.

use super::{Comparison, Report, Row};
use crate::units::Human;
use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use std::io::{self, Write};
use std::time::Duration;

const BOUND: &str = "bound: the least wall time that the delays planned by the server allow; \
                     efficiency: bound over wall";

/// The format.
#[derive(Debug)]
pub struct Text;

/// A column: its head, and what stands in it.
type Column = (&'static str, fn(&Row) -> String);

const COLUMNS: &[Column] = &[
    ("strategy", |row| row.strategy.clone()),
    ("concurrency", |row| row.concurrency.to_string()),
    ("wall", |row| Human(row.wall.median).to_string()),
    ("speed-up", |row| {
        or_dash(row.speedup.map(|times| format!("{times:.2}x")))
    }),
    ("bound", |row| human(row.bound)),
    ("efficiency", |row| or_dash(row.efficiency.map(percent))),
    ("p50", |row| human(row.from_due.p50)),
    ("p99", |row| human(row.from_due.p99)),
    ("ok", |row| row.ok.to_string()),
    ("not found", |row| row.not_found.to_string()),
    ("error", |row| row.error.to_string()),
];

/// Only shown where there is more than one round to have a range.
const RANGE: Column = ("range", |row| {
    format!("{} to {}", Human(row.wall.min), Human(row.wall.max))
});

impl Report for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn write(&self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
        if let Some(heading) = heading(comparison) {
            writeln!(out, "{heading}\n")?;
        }
        writeln!(out, "{}\n", table(comparison).trim_fmt())?;
        if comparison.rows.iter().any(|row| row.bound.is_some()) {
            writeln!(out, "{BOUND}")?;
        }
        for row in &comparison.rows {
            write_failures(row, out)?;
        }
        Ok(())
    }
}

fn heading(comparison: &Comparison) -> Option<String> {
    let conditions = comparison
        .conditions
        .iter()
        .map(|(name, value)| format!("{name} {value}"));
    let mut parts: Vec<String> = conditions.collect();
    if comparison.rounds > 1 {
        parts.push(format!(
            "medians of {} rounds, counts of all",
            comparison.rounds
        ));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn table(comparison: &Comparison) -> Table {
    let mut columns = COLUMNS.to_vec();
    if comparison.rounds > 1 {
        columns.insert(3, RANGE);
    }
    let mut table = Table::new();
    let rule = LineStyle::none().fill('-').junction('-');
    table.load_style(TableStyle::new().header_separator(rule));
    table.set_header(columns.iter().map(|(head, _)| *head));
    for row in &comparison.rows {
        table.add_row(columns.iter().map(|(_, cell)| cell(row)));
    }
    for (place, column) in table.column_iter_mut().enumerate() {
        // Names to the left; numbers to the right, so that units stand below each other.
        column.set_padding((0, 0));
        if place > 0 {
            column
                .set_padding((1, 0))
                .set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn write_failures(row: &Row, out: &mut dyn Write) -> io::Result<()> {
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

fn human(duration: Option<Duration>) -> String {
    or_dash(duration.map(|duration| Human(duration).to_string()))
}

fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::comparison::tests::run;

    fn written(comparison: &Comparison) -> String {
        let mut text = Vec::new();
        Text.write(comparison, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_person_sees_the_rows_the_bound_and_the_reasons() {
        let runs = [
            run("sequential", 1030, Some(1000)),
            run("async", 52, Some(50)),
        ];
        let conditions = vec![("latency".to_owned(), "50ms".to_owned())];
        let expected = "\
latency 50ms

strategy    concurrency     wall  speed-up    bound  efficiency      p50      p99  ok  not found  error
-------------------------------------------------------------------------------------------------------
sequential            1   1.03 s     1.00x   1.00 s       97.1%  50.0 ms  51.0 ms   1          0      1
async                 2  52.0 ms    19.81x  50.0 ms       96.2%  50.0 ms  51.0 ms   1          0      1

bound: the least wall time that the delays planned by the server allow; efficiency: bound over wall
sequential: 1 x 500 Internal Server Error
async: 1 x 500 Internal Server Error
";
        assert_eq!(written(&Comparison::of(conditions, &runs)), expected);
    }

    #[test]
    fn several_rounds_show_their_range_and_no_bound_no_explanation() {
        let text = written(&Comparison::of(
            Vec::new(),
            &[run("async", 50, None), run("async", 60, None)],
        ));
        assert!(
            text.starts_with("medians of 2 rounds, counts of all\n"),
            "{text}"
        );
        assert!(text.contains("50.0 ms to 60.0 ms"), "{text}");
        assert!(!text.contains("bound:"), "{text}");
    }
}
