//! Wall time by the delay of the server, where cells differ in their latency.

use super::contenders;
use crate::comparison::{Cell, Comparison, StrategyResult};
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::legend;
use crate::html::chart::palette::Palette;
use crate::html::chart::scale::Scale;
use crate::html::chart::shape::line;
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable, millis, or_dash};
use crate::human::HumanDuration;
use crate::stats::median::lower_median;
use maud::{Markup, html};

/// The height of the area in units.
const HEIGHT: f64 = 240.0;

/// The condition in which the cells of a curve differ.
const LATENCY: &str = "latency";

/// The most strategies that a conclusion names.
const MAX_NAMED: usize = 4;

/// A strategy in a cell.
struct LatencyPoint<'a> {
    cell: &'a Cell,
    /// The latency as the experiment says it.
    latency: &'a str,
    /// The mean of the planned delays above 0.
    delay_us: f64,
    strategy: &'a StrategyResult,
}

/// A figure for each combination of the other conditions; none if the grid has one latency, or without planned delays.
pub(super) fn figures(comparison: &Comparison, palette: &Palette) -> Vec<Figure> {
    let varying = comparison.varying();
    if !varying.contains(&LATENCY) {
        return Vec::new();
    }
    let mut groups: Vec<(String, Vec<LatencyPoint<'_>>)> = Vec::new();
    for cell in &comparison.cells {
        let others = cell.describe(|name| name != LATENCY && varying.contains(&name));
        match groups.iter_mut().find(|(known, _)| *known == others) {
            Some((_, known)) => known.extend(points(cell)),
            None => groups.push((others, points(cell))),
        }
    }
    groups.retain(|(_, points)| {
        let first = points.first().map(|point| point.latency);
        points.iter().any(|point| Some(point.latency) != first)
    });
    let figures = groups.iter().enumerate();
    figures
        .map(|(index, (conditions, points))| figure(palette, index, conditions, points))
        .collect()
}

fn points(cell: &Cell) -> Vec<LatencyPoint<'_>> {
    let latency = cell.condition(LATENCY);
    let points = cell.strategies.iter().filter_map(|strategy| {
        let delays = strategy
            .rounds
            .iter()
            .filter_map(|round| round.delay_mean_us);
        let delay_us = lower_median(delays, Ord::cmp).filter(|us| *us > 0)? as f64;
        Some(LatencyPoint {
            cell,
            latency,
            delay_us,
            strategy,
        })
    });
    points.collect()
}

fn figure(
    palette: &Palette,
    index: usize,
    conditions: &str,
    points: &[LatencyPoint<'_>],
) -> Figure {
    let delays = points.iter().map(|point| point.delay_us);
    let walls = points.iter().flat_map(|point| {
        let bound = point.strategy.bound_us.map(|us| us as f64);
        bound.into_iter().chain([point.strategy.wall_us.mean])
    });
    let frame = PlotFrame::new(
        Axis::durations(
            "mean planned delay of the server, logarithmic",
            Scale::log_around(delays),
        ),
        Axis::durations("wall time, logarithmic", Scale::log_around(walls)),
        HEIGHT,
    );
    let series = by_strategy(points);
    let suffix = if conditions.is_empty() {
        String::new()
    } else {
        format!(", {conditions}")
    };
    Figure {
        id: format!("latency-{}", index + 1),
        title: format!("Wall time by latency{suffix}"),
        conclusion: conclusion(&series),
        reading: "A thin line is the lower bound of the strategy whose marks are near it: where lines are parallel, the delay of the \
            server decides; where they part, something else does."
            .to_owned(),
        drawing: draw(&frame, palette, &series),
        height: frame.height(),
        legend: legend::of_series(series.iter().map(|(name, _)| (*name, palette.style(name)))),
        table: table(points),
        is_invalid: contenders::has_invalid(points.iter().map(|point| point.cell)),
        level: 3,
    }
}

/// The points of each strategy, in the order of their delays.
fn by_strategy<'a>(points: &'a [LatencyPoint<'a>]) -> Vec<(&'a str, Vec<&'a LatencyPoint<'a>>)> {
    let mut series: Vec<(&str, Vec<&LatencyPoint<'_>>)> = Vec::new();
    for point in points {
        match series
            .iter_mut()
            .find(|(name, _)| *name == point.strategy.name)
        {
            Some((_, points)) => points.push(point),
            None => series.push((&point.strategy.name, vec![point])),
        }
    }
    for (_, points) in &mut series {
        points.sort_by(|one, other| one.delay_us.total_cmp(&other.delay_us));
    }
    series
}

fn draw(frame: &PlotFrame, palette: &Palette, series: &[(&str, Vec<&LatencyPoint<'_>>)]) -> Markup {
    html! {
        (frame.draw())
        @for (name, points) in series {
            @let style = palette.style(name);
            @let at = |point: &&LatencyPoint<'_>| (frame.x(point.delay_us), frame.y(point.strategy.wall_us.mean));
            @let bound = |point: &&LatencyPoint<'_>| Some((frame.x(point.delay_us), frame.y(point.strategy.bound_us? as f64)));
            path class={ "thin " (style.class()) } d=(line(points.iter().filter_map(bound))) {}
            (style.line(&line(points.iter().map(at))))
            (style.marks(&points.iter().map(at).map(|(x, y)| style.marker(x, y, 3.6)).collect::<String>()))
        }
    }
}

fn conclusion(series: &[(&str, Vec<&LatencyPoint<'_>>)]) -> String {
    let clauses = series.iter().filter_map(|(name, points)| {
        let (first, last) = (points.first()?, points.last()?);
        let [from, until] =
            [first, last].map(|point| HumanDuration::from_mean(point.strategy.wall_us.mean));
        Some(format!(
            "{name} takes {from} at {} and {until} at {}",
            first.latency, last.latency
        ))
    });
    let clauses: Vec<_> = clauses.take(MAX_NAMED).collect();
    let more = match series.len() - clauses.len() {
        0 => String::new(),
        rest => format!("; {rest} more in the table"),
    };
    format!("{}{more}.", clauses.join("; "))
}

fn table(points: &[LatencyPoint<'_>]) -> DataTable {
    let rows = points.iter().map(|point| {
        let one = point.strategy;
        vec![
            one.name.clone(),
            point.latency.to_owned(),
            format!("{:.3}", point.delay_us / 1000.0),
            format!("{:.3}", one.wall_us.mean / 1000.0),
            or_dash(one.bound_us.map(millis)),
        ]
    });
    DataTable {
        caption: "Wall time and bound by latency".to_owned(),
        columns: vec![
            Column::text("strategy"),
            Column::text("latency"),
            Column::number("mean planned delay (ms)"),
            Column::number("mean wall time (ms)"),
            Column::number("bound (ms)"),
        ],
        rows: rows.collect(),
        ..DataTable::default()
    }
}
