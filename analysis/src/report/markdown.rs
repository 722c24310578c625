//! `markdown`: the tables, to be pasted into an issue.

use super::columns::{self, Columns};
use super::{Comparison, Report};
use crate::report::notes::remarks;
use std::io::{self, Write};

/// The format.
#[derive(Debug)]
pub struct Markdown;

impl Report for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn write(&self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
        for (index, cell) in comparison.cells.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            let heading = columns::heading(cell, |_| true);
            writeln!(
                out,
                "**{}**: {heading}; rounds {}\n",
                cell.verdict.validity, cell.rounds
            )?;
            table(&columns::figures(cell), out)?;
            writeln!(out)?;
            table(&columns::costs(cell), out)?;
            let binding = |row: &super::StrategyResult| {
                let binds = row.binding.as_ref()?;
                let terms = columns::terms(row).map_or(String::new(), |terms| format!("; {terms}"));
                Some(format!(
                    "- {}: **{}**: {}; {}{terms}",
                    row.strategy, binds.what, binds.evidence, binds.remedy
                ))
            };
            let behind = cell.rows.iter().filter_map(columns::behind);
            let lines = cell.rows.iter().filter_map(binding);
            let lines = lines.chain(behind.map(|line| format!("- {line}")));
            let doubts = cell.verdict.reasons.iter();
            let doubts = doubts.map(|doubt| format!("- {}: {}", doubt.severity, doubt.reason));
            for (index, line) in lines.chain(doubts).enumerate() {
                writeln!(out, "{}{line}", if index == 0 { "\n" } else { "" })?;
            }
        }
        let remarks = remarks(comparison);
        if !remarks.is_empty() {
            writeln!(out)?;
        }
        remarks
            .iter()
            .try_for_each(|remark| writeln!(out, "- {remark}"))
    }
}

fn table(columns: &Columns, out: &mut dyn Write) -> io::Result<()> {
    let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
    writeln!(out, "{}", line(&columns.heads))?;
    let rule =
        (0..columns.heads.len()).map(|place| if place < columns.words { "---" } else { "--:" });
    let rule: Vec<_> = rule.map(str::to_owned).collect();
    writeln!(out, "{}", line(&rule))?;
    for cells in &columns.lines {
        writeln!(out, "{}", line(cells))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::notes::tests::remarkable;
    use crate::report::tests::comparison;

    #[test]
    fn what_is_said_of_the_whole_stands_at_the_end() {
        let mut text = Vec::new();
        Markdown.write(&remarkable(), &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let (_, end) = text
            .split_once("\n\n- the instrument's own floor ")
            .unwrap();
        let lines: Vec<_> = end
            .lines()
            .skip(1)
            .map(|line| line.starts_with("- "))
            .collect();
        assert_eq!(lines, [true; 3], "{text}");
        assert!(text.ends_with("- threshold crossed: async.wall < 1s: it is 52 ms\n"));
    }

    #[test]
    fn numbers_are_to_the_right_and_names_to_the_left() {
        let mut text = Vec::new();
        Markdown.write(&comparison(), &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(
            text.starts_with("**VALID**: latency 50ms; rounds 1\n\n| strategy | "),
            "{text}"
        );
        assert!(text.contains("\n| --- | --: | "), "{text}");
    }
}
