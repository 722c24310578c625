//! Requests per second over time: asked, ended, succeeded.

use super::load_context::LoadContext;
use super::time_chart::{end_of_window, has_rest, seconds, step_line};
use super::time_points::TimePoint;
use crate::HumanDuration;
use crate::grouped;
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::legend;
use crate::html::chart::palette::SeriesStyle;
use crate::html::chart::scale::Scale;
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable, or_dash};
use crate::human::grouped_rate;
use maud::{Markup, html};

/// A line: its name, its look, and its rate at a point.
struct RateLine {
    name: &'static str,
    style: SeriesStyle,
    rate: fn(&TimePoint) -> Option<f64>,
}

const ASKED: RateLine = RateLine {
    name: "asked",
    style: SeriesStyle::new(6),
    rate: |point| point.due.map(|due| point.per_second(due)),
};
const ENDED: RateLine = RateLine {
    name: "ended",
    style: SeriesStyle::new(0),
    rate: |point| Some(point.per_second(point.ended)),
};
const SUCCEEDED: RateLine = RateLine {
    name: "succeeded",
    style: SeriesStyle::new(2),
    rate: |point| Some(point.per_second(point.succeeded)),
};

pub(super) fn figure(context: &LoadContext<'_>) -> Option<Figure> {
    let points = &context.time.points;
    if points.is_empty() {
        return None;
    }
    let lines = lines(points);
    let rates = lines
        .iter()
        .flat_map(|line| points.iter().filter_map(line.rate));
    let frame = context.time_frame(Axis::numbers(
        "requests per second",
        Scale::from_zero(rates),
    ));
    let window_us = context.result.figures.window_us;
    Some(Figure {
        conclusion: conclusion(context),
        reading: reading(context, window_us),
        drawing: html! {
            (frame.draw())
            (end_of_window(&frame, window_us, &context.time))
            (draw(&frame, points, &lines))
        },
        height: frame.height(),
        legend: legend::of_series(lines.iter().map(|line| (line.name, line.style))),
        table: table(context),
        ..context.figure("rate", "Rate over time")
    })
}

/// Successes have a separate line only if some of the ended requests failed.
fn lines(points: &[TimePoint]) -> Vec<RateLine> {
    let has_schedule = points.iter().any(|point| point.due.is_some());
    let has_failures = points.iter().any(|point| point.succeeded != point.ended);
    let asked = has_schedule.then_some(ASKED);
    let succeeded = has_failures.then_some(SUCCEEDED);
    asked.into_iter().chain([ENDED]).chain(succeeded).collect()
}

fn draw(frame: &PlotFrame, points: &[TimePoint], lines: &[RateLine]) -> Markup {
    html! { @for line in lines { (step_line(frame, points, line.style, &line.rate)) } }
}

fn conclusion(context: &LoadContext<'_>) -> String {
    let figures = &context.result.figures;
    let ended = grouped_rate(figures.requests_per_s);
    let window = HumanDuration::from_micros(figures.window_us);
    let average = match figures.asked_per_s {
        Some(asked) => format!(
            "In the {window} in which requests start, {} requests/s were asked and {ended}/s ended on average",
            grouped_rate(asked)
        ),
        None => {
            format!("In the {window} in which requests start, {ended} requests/s ended on average")
        }
    };
    let within = context
        .time
        .points
        .iter()
        .filter(|point| point.end_us() <= figures.window_us);
    let rates: Vec<f64> = within.filter_map(ENDED.rate).collect();
    let spread = match (
        rates.iter().copied().reduce(f64::min),
        rates.iter().copied().reduce(f64::max),
    ) {
        (Some(low), Some(high)) if rates.len() > 1 => {
            format!(
                ", between {} and {}/s within {}",
                grouped_rate(low),
                grouped_rate(high),
                context.time.unit()
            )
        }
        _ => String::new(),
    };
    let succeeded = match figures.failed {
        0 => String::new(),
        _ => format!("; {}/s succeeded", grouped_rate(figures.goodput_per_s)),
    };
    format!("{average}{spread}{succeeded}.")
}

fn reading(context: &LoadContext<'_>, window_us: u64) -> String {
    let rest = if has_rest(window_us, &context.time) {
        " After the dotted line no request starts, and those in flight may still end."
    } else {
        ""
    };
    let asked = if context.result.figures.asked_per_s.is_some() {
        "A line of what ended below that of what was asked is a backlog that grows, and above it one that shrinks."
    } else {
        "Each connection asks again when its request has ended, so a slower server is asked less often."
    };
    format!(
        "{asked}{rest}{}",
        context.time.folding("with the mean of their rates")
    )
}

fn table(context: &LoadContext<'_>) -> DataTable {
    let columns = [
        "from (s)",
        "length (s)",
        "asked",
        "ended",
        "succeeded",
        "ended per second",
    ];
    let row = |point: &TimePoint| {
        vec![
            seconds(point.start_us),
            seconds(point.length_us),
            or_dash(point.due.map(grouped)),
            grouped(point.ended),
            grouped(point.succeeded),
            grouped_rate(point.per_second(point.ended)),
        ]
    };
    DataTable {
        caption: "Requests that were due, ended and succeeded".to_owned(),
        columns: columns.map(Column::number).into(),
        rows: context.time.points.iter().map(row).collect(),
        ..DataTable::default()
    }
}
