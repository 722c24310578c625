//! Attempts in flight and arrivals that wait, over time.

use super::count_axis::count_axis;
use super::load_context::LoadContext;
use super::time_chart::{end_of_window, peak, sample_line, seconds, when};
use super::time_points::TimePoint;
use crate::grouped;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::legend;
use crate::html::chart::palette::SeriesStyle;
use crate::html::chart::shape::coordinate;
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable};
use crate::human::grouped_rate;
use maud::{Markup, html};

const IN_FLIGHT: SeriesStyle = SeriesStyle::new(0);
const QUEUED: SeriesStyle = SeriesStyle::new(1);

pub(super) fn figure(context: &LoadContext<'_>) -> Option<Figure> {
    let points = &context.time.points;
    if points.is_empty() || !context.result.asked.model.is_known() {
        return None;
    }
    let has_queue = context.result.asked.model.is_open();
    let counts = points
        .iter()
        .map(|point| point.in_flight.max(point.queued) as f64);
    let mean = context.result.in_flight.mean;
    let axis = count_axis("requests", counts.chain(mean));
    let frame = context.time_frame(axis);
    let queued = has_queue.then_some(("waiting in the client", QUEUED));
    Some(Figure {
        conclusion: conclusion(context, has_queue),
        reading: format!(
            "Each mark is the number at the end of a second, and the dashed line the mean of the whole time. What waits in the client has \
             no connection yet, and its time counts too.{}{}",
            if has_queue {
                ""
            } else {
                " What remains when no more requests start is not drawn."
            },
            context.time.folding("with their largest number")
        ),
        drawing: html! {
            (frame.draw())
            (end_of_window(&frame, context.result.figures.window_us, &context.time))
            @if let Some(mean) = mean { (mean_line(&frame, mean)) }
            @if has_queue { (sample_line(&frame, points, QUEUED, &|point| point.queued as f64)) }
            (sample_line(&frame, sampled(context), IN_FLIGHT, &|point| point.in_flight as f64))
        },
        height: frame.height(),
        legend: legend::of_series([("in flight", IN_FLIGHT)].into_iter().chain(queued)),
        table: table(context),
        ..context.figure("in-flight", "In flight over time")
    })
}

/// The points whose samples say how many were in flight. At the end of a closed run they are of the requests that remain when no
/// more start, which would look like a collapse.
fn sampled<'a>(context: &'a LoadContext<'_>) -> &'a [TimePoint] {
    let points = &context.time.points;
    let window_us = context.result.figures.window_us;
    if context.result.asked.model.is_open() || window_us == 0 {
        return points;
    }
    let within = points.iter().take_while(|point| point.end_us() < window_us);
    &points[..within.count()]
}

fn mean_line(frame: &PlotFrame, mean: f64) -> Markup {
    let [left, _, right, _] = frame.area().map(coordinate);
    let y = coordinate(frame.y(mean));
    html! { path.guide stroke-dasharray="7 3" d={ "M" (left) " " (y) "H" (right) } {} }
}

fn conclusion(context: &LoadContext<'_>, has_queue: bool) -> String {
    let in_flight = context.result.in_flight;
    let mean = in_flight
        .mean
        .map(|mean| format!("{} attempts were in flight on average", grouped_rate(mean)));
    let mean =
        mean.unwrap_or_else(|| "The number of attempts in flight was not measured".to_owned());
    let queued = match peak(&context.time.points, |point| Some(point.queued)) {
        _ if !has_queue => String::new(),
        None => "; none waited in the client at the end of a second".to_owned(),
        Some((most, point)) => {
            format!(
                "; the most that waited in the client were {}, {}",
                grouped(most),
                when(point, context.time.seconds)
            )
        }
    };
    format!("{mean}, and at most {}{queued}.", grouped(in_flight.max))
}

fn table(context: &LoadContext<'_>) -> DataTable {
    let columns = ["from (s)", "in flight", "waiting in the client"];
    let row = |point: &TimePoint| {
        vec![
            seconds(point.start_us),
            grouped(point.in_flight),
            grouped(point.queued),
        ]
    };
    DataTable {
        caption:
            "Attempts in flight, and arrivals that wait for a connection, at the end of each time"
                .to_owned(),
        columns: columns.map(Column::number).into(),
        rows: context.time.points.iter().map(row).collect(),
        ..DataTable::default()
    }
}
