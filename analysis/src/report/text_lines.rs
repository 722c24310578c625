//! What the formats for a terminal write: lines and tables of at most 80 columns.

use super::format::ReportOptions;
use super::layout::{TableColumn, fit, wrap};
use crate::validity::Validity;
use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use std::io::{Result, Write};

/// A line that begins with a verdict, in its colour.
pub(crate) fn write_styled(
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

pub(crate) fn write_line(line: &str, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{}", wrap(line))
}

/// An empty line and these lines; nothing without any.
pub(crate) fn write_block(lines: &[String], out: &mut dyn Write) -> Result<()> {
    if !lines.is_empty() {
        writeln!(out)?;
    }
    lines.iter().try_for_each(|line| write_line(line, out))
}

pub(crate) fn write_table(columns: Vec<TableColumn>, out: &mut dyn Write) -> Result<()> {
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
