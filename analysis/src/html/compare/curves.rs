//! Goodput by concurrency, with its knee and the bound.

use super::contenders;
use crate::comparison::{Cell, Comparison, ConcurrencyCurve, ConcurrencyPoint, MAX_CONCURRENCY};
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::legend;
use crate::html::chart::palette::Palette;
use crate::html::chart::scale::Scale;
use crate::html::chart::shape::{coordinate, line};
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable, or_dash};
use maud::{Markup, html};

/// The height of the area in units.
const HEIGHT: f64 = 240.0;

/// The most sentences in a conclusion.
const MAX_NAMED: usize = 4;

/// A figure for each combination of the other conditions.
pub(super) fn figures(comparison: &Comparison, palette: &Palette) -> Vec<Figure> {
    let mut groups: Vec<(&str, Vec<&ConcurrencyCurve>)> = Vec::new();
    for curve in &comparison.concurrency_curves {
        match groups
            .iter_mut()
            .find(|(conditions, _)| *conditions == curve.conditions)
        {
            Some((_, curves)) => curves.push(curve),
            None => groups.push((&curve.conditions, vec![curve])),
        }
    }
    let others = comparison
        .cells
        .iter()
        .map(|cell| other_conditions(comparison, cell));
    let others: Vec<_> = others.collect();
    groups.sort_by_key(|(conditions, _)| others.iter().position(|other| other == conditions));
    let groups = groups.iter().enumerate();
    groups
        .map(|(index, (conditions, curves))| figure(comparison, palette, index, conditions, curves))
        .collect()
}

fn figure(
    comparison: &Comparison,
    palette: &Palette,
    index: usize,
    conditions: &str,
    curves: &[&ConcurrencyCurve],
) -> Figure {
    let bounds = bounds(comparison, conditions, curves);
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let goodputs = points().map(|point| point.goodput);
    let concurrencies = points().map(|point| point.concurrency as f64);
    let mut horizontal =
        Axis::numbers("concurrency, logarithmic", Scale::log_around(concurrencies));
    horizontal.ticks = measured(curves);
    let vertical = Axis::numbers(
        "successful downloads per second",
        Scale::from_zero(goodputs.chain(bounds.iter().map(|bound| bound.goodput))),
    );
    let frame = PlotFrame::new(horizontal, vertical, HEIGHT);
    let series = curves
        .iter()
        .map(|curve| (curve.strategy.as_str(), palette.style(&curve.strategy)));
    let suffix = if conditions.is_empty() {
        String::new()
    } else {
        format!(", {conditions}")
    };
    Figure {
        id: format!("concurrency-{}", index + 1),
        title: format!("Goodput by concurrency{suffix}"),
        conclusion: conclusion(curves),
        reading: "A ring marks the knee, the lowest concurrency within 5% of the best goodput; above it more requests at a time \
            gain little, and no strategy can be above the bound."
            .to_owned(),
        drawing: draw(&frame, palette, curves, &bounds),
        height: frame.height(),
        legend: html! {
            (legend::of_series(series))
            @if !bounds.is_empty() {
                ul.legend { li {
                    svg viewBox="0 0 34 12" width="34" height="12" aria-hidden="true" { path.guide d="M1 6H33" {} }
                    span { "highest goodput that the bound allows" }
                } }
            }
        },
        table: table(curves, &bounds),
        is_invalid: contenders::has_invalid(
            comparison
                .cells
                .iter()
                .filter(|cell| other_conditions(comparison, cell) == conditions),
        ),
        level: 3,
    }
}

/// The measured concurrencies as ticks.
fn measured(curves: &[&ConcurrencyCurve]) -> Vec<(f64, String)> {
    let mut all: Vec<usize> = curves
        .iter()
        .flat_map(|curve| &curve.points)
        .map(|point| point.concurrency)
        .collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter()
        .map(|value| (value as f64, value.to_string()))
        .collect()
}

/// The conditions in which a cell differs from others, but for the concurrency.
fn other_conditions(comparison: &Comparison, cell: &Cell) -> String {
    let varying = comparison.varying();
    cell.describe(|name| name != MAX_CONCURRENCY && varying.contains(&name))
}

/// The goodput that the lower bound allows at each concurrency: the highest of the strategies.
fn bounds(
    comparison: &Comparison,
    conditions: &str,
    curves: &[&ConcurrencyCurve],
) -> Vec<ConcurrencyPoint> {
    let is_here = |cell: &&Cell| other_conditions(comparison, cell) == conditions;
    let strategies = comparison.cells.iter().filter(is_here).flat_map(|cell| {
        let strategies = cell.strategies.iter();
        strategies.map(|one| (cell.curve_concurrency(one), one))
    });
    let is_drawn = |name: &str| curves.iter().any(|curve| curve.strategy == name);
    let mut bounds: Vec<ConcurrencyPoint> = Vec::new();
    for (concurrency, one) in strategies.filter(|(_, one)| is_drawn(&one.name)) {
        let Some(bound) = one.bound_us.filter(|us| *us > 0) else {
            continue;
        };
        let goodput = one.goodput_per_s * one.wall_us.mean / bound as f64;
        match bounds
            .iter_mut()
            .find(|known| known.concurrency == concurrency)
        {
            Some(known) => known.goodput = known.goodput.max(goodput),
            None => bounds.push(ConcurrencyPoint {
                concurrency,
                goodput,
            }),
        }
    }
    bounds.sort_by_key(|bound| bound.concurrency);
    bounds
}

fn draw(
    frame: &PlotFrame,
    palette: &Palette,
    curves: &[&ConcurrencyCurve],
    bounds: &[ConcurrencyPoint],
) -> Markup {
    let at = |point: &ConcurrencyPoint| (frame.x(point.concurrency as f64), frame.y(point.goodput));
    html! {
        (frame.draw())
        path.guide d=(line(bounds.iter().map(at))) {}
        @for curve in curves {
            @let style = palette.style(&curve.strategy);
            @let points: Vec<_> = sorted(curve).iter().map(at).collect();
            @let (x, y) = at(&curve.knee.at);
            (style.line(&line(points.iter().copied())))
            (style.marks(&points.iter().map(|(x, y)| style.marker(*x, *y, 3.6)).collect::<String>()))
            @if curve.knee.is_reached() {
                circle.guide cx=(coordinate(x)) cy=(coordinate(y)) r="8" {}
            }
        }
    }
}

fn sorted(curve: &ConcurrencyCurve) -> Vec<ConcurrencyPoint> {
    let mut points = curve.points.clone();
    points.sort_by_key(|point| point.concurrency);
    points
}

fn conclusion(curves: &[&ConcurrencyCurve]) -> String {
    let clauses = curves
        .iter()
        .map(|curve| format!("{}: {}", curve.strategy, curve.knee));
    let clauses: Vec<_> = clauses.take(MAX_NAMED).collect();
    let more = match curves.len() - clauses.len() {
        0 => String::new(),
        rest => format!("; {rest} more in the table"),
    };
    format!("{}{more}.", clauses.join("; "))
}

fn table(curves: &[&ConcurrencyCurve], bounds: &[ConcurrencyPoint]) -> DataTable {
    let rows = curves.iter().flat_map(|curve| {
        let rows = sorted(curve).into_iter().map(|point| {
            let bound = bounds
                .iter()
                .find(|bound| bound.concurrency == point.concurrency);
            let is_knee = curve.knee.is_reached() && curve.knee.at.concurrency == point.concurrency;
            vec![
                curve.strategy.clone(),
                point.concurrency.to_string(),
                format!("{:.2}", point.goodput),
                or_dash(bound.map(|bound| format!("{:.2}", bound.goodput))),
                if is_knee {
                    "knee".to_owned()
                } else {
                    String::new()
                },
            ]
        });
        rows.collect::<Vec<_>>()
    });
    DataTable {
        caption: "Successful downloads per second by concurrency".to_owned(),
        columns: vec![
            Column::text("strategy"),
            Column::number("concurrency"),
            Column::number("goodput (/s)"),
            Column::number("bound (/s)"),
            Column::text("knee"),
        ],
        rows: rows.collect(),
        ..DataTable::default()
    }
}
