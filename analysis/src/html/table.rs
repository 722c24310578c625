//! A table of figures.

use super::chart::label::{clipped, visible};
use maud::{Markup, html};

/// The most characters of a cell.
const MAX_CELL: usize = 160;

/// A table whose first column names its rows. Numbers stand in one unit, which the header names, so that they align.
#[derive(Clone, Debug, Default)]
pub(crate) struct DataTable {
    /// What the table shows.
    pub(crate) caption: String,
    /// The headers.
    pub(crate) columns: Vec<Column>,
    /// The cells, as many in each row as there are headers.
    pub(crate) rows: Vec<Vec<String>>,
    /// What is left out, as a sentence; empty if nothing is.
    pub(crate) left_out: String,
}

/// A header, and what is below it.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// The text, with the unit: `wall (ms)`.
    pub(crate) header: String,
    /// Whether the cells are numbers, which are aligned to the right.
    pub(crate) is_number: bool,
}

impl Column {
    /// A column of texts.
    pub(crate) fn text(header: impl Into<String>) -> Column {
        Column {
            header: header.into(),
            is_number: false,
        }
    }

    /// A column of numbers.
    pub(crate) fn number(header: impl Into<String>) -> Column {
        Column {
            header: header.into(),
            is_number: true,
        }
    }
}

impl DataTable {
    /// The table in a region that scrolls if it is wider than the page.
    pub(crate) fn markup(&self) -> Markup {
        html! {
            div.table tabindex="0" role="group" aria-label=(visible(&self.caption)) {
                table {
                    caption { (text(&self.caption)) }
                    thead { tr { @for column in &self.columns {
                        th scope="col" class=[(!column.is_number).then_some("t")] { (text(&column.header)) }
                    } } }
                    tbody { @for row in &self.rows { tr { (self.cells(row)) } } }
                }
                @if !self.left_out.is_empty() { p.note { (self.left_out) } }
            }
        }
    }

    fn cells(&self, row: &[String]) -> Markup {
        let cells = self.columns.iter().zip(row).enumerate();
        html! {
            @for (index, (column, cell)) in cells {
                @if column.is_number {
                    td { (cell) }
                } @else if index == 0 {
                    th scope="row" { (text(cell)) }
                } @else {
                    td.t { (text(cell)) }
                }
            }
        }
    }
}

/// A text from elsewhere, of limited length and isolated from the direction of the text around it.
fn text(cell: &str) -> Markup {
    let shown = clipped(cell, MAX_CELL);
    html! { @if shown.is_ascii() { (shown) } @else { bdi { (shown) } } }
}

/// Microseconds in milliseconds, exactly: `1,034.567`.
pub(crate) fn millis(us: u64) -> String {
    format!("{}.{:03}", crate::grouped(us / 1000), us % 1000)
}

/// Microseconds that are no whole number in milliseconds: `1,034.567`.
pub(crate) fn mean_millis(us: f64) -> String {
    let text = format!("{:.3}", us / 1000.0);
    match text
        .split_once('.')
        .map(|(whole, rest)| (whole.parse(), rest))
    {
        Some((Ok(whole), rest)) => format!("{}.{rest}", crate::grouped(whole)),
        _ => text,
    }
}

/// A figure that may be missing; a dash without one.
pub(crate) fn or_dash(figure: Option<String>) -> String {
    figure.unwrap_or_else(|| "–".to_owned())
}
