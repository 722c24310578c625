//! Response times over time: the bands between the percentiles of each second.

use super::load_context::LoadContext;
use super::time_chart::{end_of_window, peak, seconds, step_area, step_line, when};
use super::time_points::TimePoint;
use crate::HumanDuration;
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::legend;
use crate::html::chart::palette::SeriesStyle;
use crate::html::chart::scale::Scale;
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable, millis, or_dash};
use crate::load::report::sentences::percentile;
use maud::{Markup, html};

/// The name, the look and the value of a line.
type LatencyLine = (&'static str, SeriesStyle, fn(&TimePoint) -> Option<u64>);

const LINES: [LatencyLine; 4] = [
    ("max", SeriesStyle::new(6), |point| point.max_us),
    ("p99", SeriesStyle::new(1), |point| point.p99_us),
    ("p90", SeriesStyle::new(2), |point| point.p90_us),
    ("p50", SeriesStyle::new(0), |point| point.p50_us),
];

pub(super) fn figure(context: &LoadContext<'_>) -> Option<Figure> {
    let points = &context.time.points;
    let values = LINES
        .iter()
        .flat_map(|(.., value)| points.iter().filter_map(value));
    let values: Vec<f64> = values.map(|us| us as f64).collect();
    if values.is_empty() {
        return None;
    }
    let frame = context.time_frame(Axis::durations(
        "response time of successes",
        Scale::log_around(values.into_iter()),
    ));
    let window_us = context.result.figures.window_us;
    Some(Figure {
        conclusion: conclusion(context),
        reading: format!(
            "The bands lie between the percentiles of the successes that ended in a second: where they widen, a part of the requests \
             waits. The axis is logarithmic.{}",
            context
                .time
                .folding("p50 and p90 with their median, p99 and max with their highest value")
        ),
        drawing: html! {
            (bands(&frame, points))
            (frame.draw())
            (end_of_window(&frame, window_us, &context.time))
            @for (_, style, value) in LINES {
                (step_line(&frame, points, style, &|point| Some(value(point)? as f64)))
            }
        },
        height: frame.height(),
        legend: legend::of_series(LINES.map(|(name, style, _)| (name, style))),
        table: table(context),
        ..context.figure("latency", "Response times over time")
    })
}

/// From p50 to p90, and from there to p99.
fn bands(frame: &PlotFrame, points: &[TimePoint]) -> Markup {
    let us = |value: Option<u64>| Some(value? as f64);
    let lower = step_area(frame, points, &|point| us(point.p50_us), &|point| {
        us(point.p90_us)
    });
    let upper = step_area(frame, points, &|point| us(point.p90_us), &|point| {
        us(point.p99_us)
    });
    html! {
        path.wash.s1 d=(upper) {}
        path.wash.s0 d=(lower) {}
    }
}

fn conclusion(context: &LoadContext<'_>) -> String {
    let latencies = &context.result.figures.response_time;
    let whole = [("p50", latencies.p50), ("p99", latencies.p99)];
    let whole = whole
        .into_iter()
        .filter_map(|(name, one)| Some(format!("{name} {}", percentile(one?))));
    let whole: Vec<_> = whole.collect();
    let whole = if whole.is_empty() {
        "There are too few requests for percentiles".to_owned()
    } else {
        format!("Over the whole run: {}", whole.join(", "))
    };
    let points = &context.time.points;
    let highest = peak(points, |point| point.p99_us).map(|(us, point)| {
        let time = HumanDuration::from_micros(us);
        format!(
            "; the highest p99 of a second was {time}, {}",
            when(point, context.time.seconds)
        )
    });
    format!("{whole}{}.", highest.unwrap_or_default())
}

fn table(context: &LoadContext<'_>) -> DataTable {
    let names = LINES.iter().rev().map(|(name, ..)| format!("{name} (ms)"));
    let columns = ["from (s)".to_owned(), "succeeded".to_owned()]
        .into_iter()
        .chain(names);
    let row = |point: &TimePoint| {
        let latencies = LINES
            .iter()
            .rev()
            .map(|(.., value)| or_dash(value(point).map(millis)));
        [seconds(point.start_us), crate::grouped(point.succeeded)]
            .into_iter()
            .chain(latencies)
            .collect()
    };
    DataTable {
        caption: "Response times of the successes that ended".to_owned(),
        columns: columns.map(Column::number).collect(),
        rows: context.time.points.iter().map(row).collect(),
        ..DataTable::default()
    }
}
