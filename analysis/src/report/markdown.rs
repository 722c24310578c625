//! `markdown`: to be pasted into an issue. What `text` shows with `--verbose` is folded.

use super::answer::Answer;
use super::format::{Report, ReportOptions};
use super::interval_plot::interval_plot;
use super::markdown_lines::{write_code, write_list, write_table};
use super::{detail_sentences, details, sentences, summary_table};
use crate::comparison::{Cell, Comparison};
use std::io::{Result, Write};

pub(super) struct MarkdownReport;

impl Report for MarkdownReport {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn write(
        &self,
        comparison: &Comparison,
        _: ReportOptions<'_>,
        out: &mut dyn Write,
    ) -> Result<()> {
        write_answer(comparison, out)?;
        writeln!(out, "\nConditions: {}\n", sentences::conditions(comparison))?;
        write_table(&summary_table::columns(comparison), out)?;
        write_plot(comparison, out)?;
        write_list(&sentences::below_table(comparison, true), out)?;
        let legend = summary_table::legend(comparison);
        let legend = legend.map(|(header, meaning)| format!("*{header}*: {meaning}"));
        writeln!(out, "\n{}.", legend.collect::<Vec<_>>().join("; "))?;
        writeln!(out, "\n<details><summary>Details</summary>")?;
        for cell in &comparison.cells {
            write_details(comparison, cell, out)?;
        }
        write_list(&detail_sentences::of_comparison(comparison), out)?;
        writeln!(out, "\n</details>")
    }
}

fn write_plot(comparison: &Comparison, out: &mut dyn Write) -> Result<()> {
    let plot = interval_plot(comparison);
    if plot.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\nTimes relative to the reference with their 95% confidence intervals, on a logarithmic axis; right of 1x is slower:"
    )?;
    write_code(&plot, out)
}

/// The verdict, the answer, the reasons to doubt it, and what was not checked.
fn write_answer(comparison: &Comparison, out: &mut dyn Write) -> Result<()> {
    let Answer {
        validity,
        lines,
        doubts,
    } = Answer::new(comparison, true);
    writeln!(out, "**{validity}**: {}", lines.join("\\\n"))?;
    let doubts = doubts
        .iter()
        .map(|(severity, text)| format!("{severity}: {text}"));
    let reasons = doubts.chain(sentences::unchecked(comparison));
    write_list(&reasons.collect::<Vec<_>>(), out)
}

fn write_details(comparison: &Comparison, cell: &Cell, out: &mut dyn Write) -> Result<()> {
    let prefix = comparison.prefix(cell);
    if !prefix.is_empty() {
        writeln!(out, "\n**{}**", prefix.trim_end())?;
    }
    write_list(&detail_sentences::sentences(cell), out)?;
    for table in details::tables(cell) {
        writeln!(out, "\n{}\n", table.title)?;
        write_table(&table.columns, out)?;
    }
    let mut drawn = cell
        .strategies
        .iter()
        .filter(|one| !one.timeline.is_empty())
        .peekable();
    if drawn.peek().is_some() {
        writeln!(out, "\n{}", detail_sentences::TIMELINES)?;
    }
    for strategy in drawn {
        writeln!(out, "\n{}", detail_sentences::timeline_title(strategy))?;
        write_code(&strategy.timeline, out)?;
    }
    Ok(())
}
