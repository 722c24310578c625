//! All cells at a glance: the summary table, and the ratios of each cell in a row.

use super::contenders;
use crate::comparison::{Cell, Comparison, Ratio};
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::legend;
use crate::html::chart::palette::{Palette, SeriesStyle};
use crate::html::chart::scale::Scale;
use crate::html::chart::shape::coordinate;
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable, or_dash};
use crate::human::{list, plural};
use crate::report::summary_table;
use maud::{Markup, html};

/// The height of a row in units.
const ROW: f64 = 22.0;

/// The most cells in the picture.
const MAX_DRAWN: usize = 80;

/// The most rows of the summary table.
const MAX_ROWS: usize = 500;

/// The most contenders of a legend.
const MAX_NAMED: usize = 24;

/// The figures of all strategies in all cells, as the reports in text have them.
pub(super) fn summary(comparison: &Comparison) -> Markup {
    let columns = summary_table::columns(comparison);
    let count = columns.first().map_or(0, |column| column.values.len());
    let rows = (0..count.min(MAX_ROWS)).map(|row| {
        let cells = columns.iter().map(|column| column.values[row].clone());
        cells.collect()
    });
    let table = DataTable {
        caption: "All contenders; an efficiency is bound divided by wall time, a ratio wall time divided by that of the reference"
            .to_owned(),
        rows: rows.collect(),
        columns: columns
            .iter()
            .map(|column| if column.is_text { Column::text(&column.header) } else { Column::number(&column.header) })
            .collect(),
        left_out: match count.saturating_sub(MAX_ROWS) {
            0 => String::new(),
            more => format!("{more} more rows are left out; the result document has them."),
        },
    };
    html! { @if count > 0 { (table.markup()) } }
}

/// The ratios of all cells; `None` without any.
pub(super) fn ratios(comparison: &Comparison, palette: &Palette) -> Option<Figure> {
    let cells: Vec<&Cell> = comparison.cells.iter().take(MAX_DRAWN).collect();
    let ratios = |cell: &&Cell| {
        marks(cell, palette)
            .into_iter()
            .map(|(ratio, _)| ratio.ratio)
            .collect::<Vec<_>>()
    };
    let all: Vec<f64> = cells.iter().flat_map(ratios).collect();
    if all.is_empty() {
        return None;
    }
    let varying = comparison.varying();
    let names: Vec<_> = cells
        .iter()
        .map(|cell| {
            let conditions = cell.describe(|name| varying.contains(&name));
            let verdict = if is_invalid(cell) { "INVALID: " } else { "" };
            format!("{verdict}{conditions}")
        })
        .collect();
    let axis = Axis::ratios(
        "wall time divided by that of the reference; above 1x is slower",
        Scale::log_around(all.into_iter().chain([1.0])),
    );
    let frame = PlotFrame::rows(axis, names.iter().map(|name| (name.as_str(), None)), ROW);
    let contenders = contenders::names(comparison);
    let left_out = comparison.cells.len() - cells.len();
    Some(Figure {
        id: "overview-ratios".to_owned(),
        title: "Ratios of wall times in all cells".to_owned(),
        conclusion: conclusion(comparison),
        reading: reading(cells.iter().any(|cell| is_invalid(cell))),
        drawing: draw(&frame, &cells, palette),
        height: frame.height(),
        legend: legend::of_series(
            contenders
                .iter()
                .take(MAX_NAMED)
                .map(|name| (*name, palette.style(name))),
        ),
        table: table(&cells, &names, left_out),
        is_invalid: cells.iter().all(|cell| is_invalid(cell)),
        level: 3,
    })
}

fn reading(has_invalid: bool) -> String {
    let invalid = if has_invalid {
        " Rows of INVALID cells are grey: their figures must not be used."
    } else {
        ""
    };
    format!(
        "A row is a cell: its reference is at 1x, and a pale mark does not differ from it significantly.{invalid}"
    )
}

fn is_invalid(cell: &Cell) -> bool {
    contenders::has_invalid(std::iter::once(cell))
}

/// The ratios of a cell to its reference.
fn marks<'a>(cell: &'a Cell, palette: &Palette) -> Vec<(&'a Ratio, SeriesStyle)> {
    let strategies = cell.strategies.iter();
    let ratios = strategies.filter_map(|one| {
        let ratio = one.ratio_to(cell.reference.as_deref()?)?;
        Some((ratio, palette.style(&one.name)))
    });
    ratios.collect()
}

fn draw(frame: &PlotFrame, cells: &[&Cell], palette: &Palette) -> Markup {
    let [_, top, _, bottom] = frame.area();
    let one = coordinate(frame.x(1.0));
    html! {
        (frame.draw())
        path.guide d={ "M" (one) " " (coordinate(top)) "V" (coordinate(bottom)) } {}
        @for (row, cell) in cells.iter().enumerate() {
            @let middle = frame.row(row);
            @let look = |style: SeriesStyle| if is_invalid(cell) { String::new() } else { style.class() };
            @if let Some(reference) = &cell.reference {
                @let style = palette.style(reference);
                path class={ (if is_invalid(cell) { "faint " } else { "dot " }) (look(style)) } d=(style.marker(frame.x(1.0), middle, 3.6)) {}
            }
            @for (ratio, style) in marks(cell, palette) {
                @let is_pale = ratio.is_significant == Some(false) || is_invalid(cell);
                @let class = if is_pale { "faint " } else { "dot " };
                path class={ (class) (look(style)) } d=(style.marker(frame.x(ratio.ratio), middle, 4.0)) {}
            }
        }
    }
}

/// How often each strategy is the reference, which is the fastest unless one was named.
fn conclusion(comparison: &Comparison) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for name in comparison
        .cells
        .iter()
        .filter_map(|cell| cell.reference.as_deref())
    {
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let all = plural(comparison.cells.len() as u64, "cell");
    let clauses: Vec<_> = counts
        .iter()
        .take(4)
        .map(|(name, count)| format!("{name} in {count}"))
        .collect();
    let clauses: Vec<&str> = clauses.iter().map(String::as_str).collect();
    let significant = comparison.cells.iter().filter(|cell| {
        let ratios = cell
            .strategies
            .iter()
            .filter_map(|one| one.ratio_to(cell.reference.as_deref()?));
        ratios
            .into_iter()
            .any(|ratio| ratio.is_significant == Some(true))
    });
    format!(
        "The reference of {all} is {}; others differ significantly from it in {} of them.",
        list(&clauses),
        significant.count()
    )
}

fn table(cells: &[&Cell], names: &[String], left_out: usize) -> DataTable {
    let rows = cells.iter().zip(names).flat_map(|(cell, name)| {
        let rows = cell.strategies.iter().filter_map(|one| {
            let ratio = one.ratio_to(cell.reference.as_deref()?)?;
            let decimal = |value: Option<f64>| or_dash(value.map(|value| format!("{value:.4}")));
            let [low, high] =
                [0, 1].map(|end| decimal(ratio.confidence_interval.map(|ends| ends[end])));
            Some(vec![
                name.clone(),
                one.name.clone(),
                ratio.to.clone(),
                decimal(Some(ratio.ratio)),
                low,
                high,
            ])
        });
        rows.collect::<Vec<_>>()
    });
    let texts = ["cell", "strategy", "reference"].map(Column::text);
    let numbers = ["ratio", "95% CI low", "95% CI high"].map(Column::number);
    DataTable {
        caption: "Wall times divided by that of the reference, by cell".to_owned(),
        columns: texts.into_iter().chain(numbers).collect(),
        rows: rows.collect(),
        left_out: match left_out {
            0 => String::new(),
            more => format!("{more} more cells are neither drawn nor listed here."),
        },
    }
}
