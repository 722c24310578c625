//! `markdown`: tables to be pasted into an issue.

use super::conditions::heading;
use super::format::Report;
use super::notes::notes;
use super::sentences;
use super::table_content::{self, TableContent};
use crate::comparison::{Cell, Comparison};
use std::io::{self, Write};

#[derive(Debug)]
pub(super) struct MarkdownReport;

impl Report for MarkdownReport {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn write(&self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
        for (index, cell) in comparison.cells.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            write_cell(cell, out)?;
        }
        write_list(&notes(comparison), out)
    }
}

fn write_cell(cell: &Cell, out: &mut dyn Write) -> io::Result<()> {
    let (heading, validity) = (heading(cell, |_| true), cell.verdict.validity);
    writeln!(out, "**{validity}**: {heading}; rounds {}\n", cell.rounds)?;
    write_table(&table_content::figures(cell), out)?;
    writeln!(out)?;
    write_table(&table_content::costs(cell), out)?;
    let strategies = || cell.strategies.iter();
    let bottlenecks = strategies().filter_map(sentences::limited_by);
    let ratios = strategies().filter_map(sentences::ratio_to_fastest);
    let issues = cell.verdict.reasons.iter();
    let issues = issues.map(|issue| format!("{}: {}", issue.severity, issue.message));
    let items: Vec<_> = bottlenecks.chain(ratios).chain(issues).collect();
    write_list(&items, out)
}

/// An empty line and a list; nothing without items.
fn write_list(items: &[String], out: &mut dyn Write) -> io::Result<()> {
    if !items.is_empty() {
        writeln!(out)?;
    }
    items.iter().try_for_each(|item| writeln!(out, "- {item}"))
}

fn write_table(content: &TableContent, out: &mut dyn Write) -> io::Result<()> {
    let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
    let alignment = |column| {
        if column < content.text_columns {
            "---"
        } else {
            "--:"
        }
    };
    let alignments = (0..content.headers.len()).map(alignment);
    let alignments: Vec<_> = alignments.map(str::to_owned).collect();
    writeln!(out, "{}", line(&content.headers))?;
    writeln!(out, "{}", line(&alignments))?;
    content
        .rows
        .iter()
        .try_for_each(|row| writeln!(out, "{}", line(row)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::test_comparison::{comparison, comparison_with_notes};

    fn written(comparison: &Comparison) -> String {
        let mut text = Vec::new();
        MarkdownReport.write(comparison, &mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn notes_are_a_list_at_the_end() {
        let text = written(&comparison_with_notes());
        let (_, end) = text.split_once("\n\n- Measurement overhead ").unwrap();
        let items = end.lines().skip(1);
        let is_item: Vec<_> = items.map(|line| line.starts_with("- ")).collect();
        assert_eq!(is_item, [true; 3], "{text}");
        assert!(text.ends_with("- Threshold crossed: async.wall < 1s: measured 52 ms\n"));
    }

    #[test]
    fn text_is_left_aligned_and_numbers_right() {
        let text = written(&comparison());
        let start = "**VALID**: latency 50ms; rounds 1\n\n| strategy | ";
        assert!(text.starts_with(start), "{text}");
        assert!(text.contains("\n| --- | --: | "), "{text}");
    }
}
