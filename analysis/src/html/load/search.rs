//! The loads that a search measured: p99 and errors by load, and whether each meets the condition.

use super::load_context::LoadContext;
use super::tables::percentile;
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::label::{clipped, width};
use crate::html::chart::palette::SeriesStyle;
use crate::html::chart::scale::Scale;
use crate::html::chart::shape::{coordinate, line};
use crate::html::chart::units::{number_ticks, plain};
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable};
use crate::human::{grouped_rate, plural, visible_percent};
use crate::load::ConditionStatus;
use crate::load::report::LoadAnswer;
use crate::load::search::{SearchPoint, SearchResult, SearchVariable};
use maud::{Markup, html};

/// The heights of the areas of p99 and of errors.
const HEIGHTS: [f64; 2] = [200.0, 90.0];

/// Loads that differ by more than this factor have a logarithmic axis.
const WIDE: f64 = 8.0;

/// The most characters of the condition in a sentence.
const MAX_CONDITION: usize = 200;

const STATUSES: [(ConditionStatus, &str); 3] = [
    (ConditionStatus::Holds, "meets the condition"),
    (ConditionStatus::DoesNotHold, "does not meet it"),
    (ConditionStatus::NotJudged, "not judged"),
];

pub(super) fn figure(context: &LoadContext<'_>) -> Option<Figure> {
    let search = context.result.search.as_ref()?;
    let points = by_load(search);
    let loads: Vec<f64> = points.iter().map(|point| point.asked).collect();
    let (least, most) = (*loads.first()?, *loads.last()?);
    let scale = if most / least > WIDE {
        Scale::log_around(loads.iter().copied())
    } else {
        Scale::around(loads.iter().copied())
    };
    let title = match search.variable {
        SearchVariable::Rate => "asked arrivals per second",
        SearchVariable::Concurrency => "connections",
    };
    let horizontal = |title: &str| Axis {
        title: title.to_owned(),
        scale,
        ticks: number_ticks(&scale.ticks(6)),
    };
    let p99 = points.iter().filter_map(|point| Some(point.p99?.us as f64));
    let p99 = Axis::durations("p99 of the response time", Scale::log_around(p99));
    let upper = PlotFrame::new(horizontal(""), p99, HEIGHTS[0]);
    let shares = points.iter().map(|point| point.error_share);
    let errors = Axis::shares("errors", Scale::from_zero(shares));
    let lower = PlotFrame::new(horizontal(title), errors, HEIGHTS[1]);
    let [upper, lower] = PlotFrame::aligned([upper, lower]);
    let down = coordinate(upper.height() - 22.0);
    Some(Figure {
        conclusion: LoadAnswer::conclusion(context.result) + ".",
        reading: reading(search),
        drawing: html! {
            (draw(&upper, &points, search, &|point| Some(point.p99?.us as f64)))
            (limit_label(&upper, search))
            g transform={ "translate(0 " (down) ")" } {
                (draw(&lower, &points, search, &|point| Some(point.error_share)))
            }
        },
        height: upper.height() - 22.0 + lower.height(),
        legend: legend(),
        table: table(search, &points),
        ..context.figure("search", "Search for the highest load")
    })
}

/// The measured loads in rising order.
fn by_load(search: &SearchResult) -> Vec<&SearchPoint> {
    let mut points: Vec<&SearchPoint> = search
        .curve
        .iter()
        .filter(|point| point.asked > 0.0)
        .collect();
    points.sort_by(|one, other| one.asked.total_cmp(&other.asked));
    points
}

fn draw(
    frame: &PlotFrame,
    points: &[&SearchPoint],
    search: &SearchResult,
    value: &dyn Fn(&SearchPoint) -> Option<f64>,
) -> Markup {
    let [_, top, _, bottom] = frame.area();
    let known = points
        .iter()
        .filter_map(|point| Some((frame.x(point.asked), frame.y(value(point)?), point.status)));
    let known: Vec<_> = known.collect();
    let limit = search.limit.map(|limit| coordinate(frame.x(limit)));
    html! {
        (frame.draw())
        @if let Some(x) = limit { path.guide d={ "M" (x) " " (coordinate(top)) "V" (coordinate(bottom)) } {} }
        path.thin d=(line(judged(&known))) {}
        @for (x, y, status) in &known { (mark(*status, *x, *y)) }
    }
}

/// The positions of what was judged, that of the last run of each load.
fn judged(known: &[(f64, f64, ConditionStatus)]) -> Vec<(f64, f64)> {
    let mut positions: Vec<(f64, f64)> = Vec::new();
    for (x, y, _) in known
        .iter()
        .filter(|(.., status)| *status != ConditionStatus::NotJudged)
    {
        if positions
            .last()
            .is_some_and(|(last, _)| (last - x).abs() < 0.01)
        {
            positions.pop();
        }
        positions.push((*x, *y));
    }
    positions
}

/// The mark of a status: form and colour differ.
fn mark(status: ConditionStatus, x: f64, y: f64) -> Markup {
    html! {
        @match status {
            ConditionStatus::Holds => path.dot.s2 d=(SeriesStyle::new(0).marker(x, y, 4.5)) {},
            ConditionStatus::DoesNotHold => path.dot.s1 d=(SeriesStyle::new(4).marker(x, y, 5.0)) {},
            ConditionStatus::NotJudged => path.ring.s6 d=(SeriesStyle::new(3).marker(x, y, 4.0)) {},
        }
    }
}

/// The limit, at that side of its line where it has room: left of it the times are short, so that the top is free.
fn limit_label(frame: &PlotFrame, search: &SearchResult) -> Markup {
    let [left, top, ..] = frame.area();
    let limit = search.limit.map(|limit| {
        (
            frame.x(limit),
            format!("limit {}", search.variable.describe(limit)),
        )
    });
    html! {
        @if let Some((x, text)) = limit {
            @let (x, anchor) = if x - 6.0 - width(&text) < left { (x + 6.0, "start") } else { (x - 6.0, "end") };
            text x=(coordinate(x)) y=(coordinate(top + 10.0)) text-anchor=(anchor) { (text) }
        }
    }
}

fn legend() -> Markup {
    html! {
        ul.legend {
            @for (status, name) in STATUSES {
                li {
                    svg viewBox="0 0 34 12" width="34" height="12" aria-hidden="true" { (mark(status, 17.0, 6.0)) }
                    span { (name) }
                }
            }
        }
    }
}

fn reading(search: &SearchResult) -> String {
    let client = match &search.client_limit {
        Some(reason) => format!(
            " At higher loads the client was the limit, and the server may bear more: {}.",
            clipped(reason, 300)
        ),
        None => String::new(),
    };
    format!(
        "Each mark is a run with this load, in {}; the condition is {}. A load that is not judged says nothing about the server, \
         as the client was the limit there.{client}",
        plural(search.curve.len() as u64, "run"),
        clipped(&search.condition, MAX_CONDITION)
    )
}

fn table(search: &SearchResult, points: &[&SearchPoint]) -> DataTable {
    let row = |point: &&SearchPoint| {
        vec![
            search.variable.describe(point.asked),
            grouped_rate(point.requests_per_s),
            percentile(point.p50),
            percentile(point.p99),
            visible_percent(point.error_share),
            plain(point.window_us as f64 / 1e6),
            point.phase.to_string(),
            point.status.to_string(),
            point.validity.to_string(),
            point.message.clone(),
        ]
    };
    let numbers = [
        "reached (1/s)",
        "p50 (ms)",
        "p99 (ms)",
        "errors",
        "length (s)",
    ]
    .map(Column::number);
    let texts = ["step", "condition", "verdict", "reason"].map(Column::text);
    DataTable {
        caption: "The measured loads in rising order".to_owned(),
        columns: [Column::text("asked")]
            .into_iter()
            .chain(numbers)
            .chain(texts)
            .collect(),
        rows: points.iter().map(row).collect(),
        ..DataTable::default()
    }
}
