//! What the formats in Markdown write: lists and tables.

use super::layout::TableColumn;
use std::io::{Result, Write};

/// An empty line and a list; nothing without items.
pub(crate) fn write_list(items: &[String], out: &mut dyn Write) -> Result<()> {
    if !items.is_empty() {
        writeln!(out)?;
    }
    items.iter().try_for_each(|item| writeln!(out, "- {item}"))
}

/// An empty line and a block of code, whose fence is longer than any run of backticks in it.
pub(crate) fn write_code(lines: &[String], out: &mut dyn Write) -> Result<()> {
    let runs = lines
        .iter()
        .flat_map(|line| line.split(|letter| letter != '`'));
    let longest = runs.map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(3.max(longest + 1));
    writeln!(out, "\n{fence}text\n{}\n{fence}", lines.join("\n"))
}

pub(crate) fn write_table(columns: &[TableColumn], out: &mut dyn Write) -> Result<()> {
    let line = |values: Vec<&str>| {
        let values = values.iter().map(|value| value.replace('|', "\\|"));
        format!("| {} |", values.collect::<Vec<_>>().join(" | "))
    };
    let alignments = columns
        .iter()
        .map(|column| if column.is_text { "---" } else { "--:" });
    writeln!(
        out,
        "{}",
        line(columns.iter().map(|column| &column.header[..]).collect())
    )?;
    writeln!(out, "{}", line(alignments.collect()))?;
    let rows = columns.first().map_or(0, |column| column.values.len());
    (0..rows).try_for_each(|row| {
        let values = columns.iter().map(|column| &column.values[row][..]);
        writeln!(out, "{}", line(values.collect()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_do_not_end_a_block_of_code() {
        let mut out = Vec::new();
        write_code(&["a ``` b".to_owned()], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "\n````text\na ``` b\n````\n");
    }
}
