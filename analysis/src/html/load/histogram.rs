//! The distribution of response times.

use super::count_axis::count_axis;
use super::load_context::LoadContext;
use crate::HumanDuration;
use crate::grouped;
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::scale::Scale;
use crate::html::chart::shape::{coordinate, rectangle};
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable, millis};
use crate::human::{percent, visible_percent};
use crate::load::HistogramBucket;
use crate::load::report::sentences::counted;
use maud::{Markup, html};

const HEIGHT: f64 = 190.0;

/// The axis ends this factor above the highest bar, so that there is room for texts.
const ROOM: f64 = 1.1;

/// A logarithmic axis has no 0: a range from 0 begins here, in microseconds.
const LEAST: f64 = 0.8;

/// The least ratio of the ends of the axis.
const LEAST_RATIO: f64 = 6.0;

pub(super) fn figure(context: &LoadContext<'_>) -> Option<Figure> {
    let histogram = &context.result.histogram;
    let (first, last) = (histogram.first()?, histogram.last()?);
    let (min, max) = (start(first), last.to_us as f64);
    // A single range would fill the whole plot.
    let margin = (LEAST_RATIO / (max / min)).max(1.0).sqrt();
    let scale = Scale::Log {
        min: min / margin,
        max: max * margin,
    };
    let horizontal = Axis::durations("response time", scale);
    let counts = histogram.iter().map(|bucket| bucket.count as f64);
    let frame = PlotFrame::new(
        horizontal,
        count_axis("requests", counts.map(|count| ROOM * count)),
        HEIGHT,
    );
    Some(Figure {
        conclusion: conclusion(histogram),
        reading: "A bar is a range of response times, and its height the number of requests in it. Each range is 1.25 times as wide as \
                  the one before it: two hills are two kinds of responses."
            .to_owned(),
        drawing: html! {
            (frame.draw())
            path.bar.s0 d=(bars(&frame, histogram)) {}
            (percentiles(context, &frame))
        },
        height: frame.height(),
        table: table(histogram),
        ..context.figure("histogram", "Distribution of response times")
    })
}

fn start(bucket: &HistogramBucket) -> f64 {
    (bucket.from_us as f64).max(LEAST)
}

fn bars(frame: &PlotFrame, histogram: &[HistogramBucket]) -> String {
    let [_, _, _, bottom] = frame.area();
    let bar = |bucket: &HistogramBucket| {
        let (left, right) = (frame.x(start(bucket)), frame.x(bucket.to_us as f64));
        // At least half a unit high, so that a single request can be seen.
        let top = frame.y(bucket.count as f64).min(bottom - 0.5);
        rectangle(left + 0.5, top, right - left - 1.0, bottom - top)
    };
    histogram.iter().map(bar).collect()
}

/// Lines at the median and at p99.
fn percentiles(context: &LoadContext<'_>, frame: &PlotFrame) -> Markup {
    let latencies = &context.result.figures.response_time;
    let [_, top, right, bottom] = frame.area();
    // One above the other, as both may be at nearly the same time.
    let shown = [
        ("p50", latencies.p50, top + 10.0),
        ("p99", latencies.p99, top + 24.0),
    ];
    let shown = shown
        .into_iter()
        .filter_map(|(name, one, y)| Some((name, frame.x(one?.us as f64), y)));
    html! {
        @for (name, x, y) in shown {
            @let (side, anchor) = if x + 36.0 > right { (-5.0, "end") } else { (5.0, "start") };
            path.guide stroke-dasharray="7 3" d={ "M" (coordinate(x)) " " (coordinate(top)) "V" (coordinate(bottom)) } {}
            text text-anchor=(anchor) x=(coordinate(x + side)) y=(coordinate(y)) { (name) }
        }
    }
}

fn conclusion(histogram: &[HistogramBucket]) -> String {
    let total: u64 = histogram.iter().map(|bucket| bucket.count).sum();
    let Some(most) = histogram
        .iter()
        .reduce(|most, one| if one.count > most.count { one } else { most })
    else {
        return String::new();
    };
    let [from, to] = [most.from_us, most.to_us].map(HumanDuration::from_micros);
    let share = most.count as f64 / total.max(1) as f64;
    let (all, part) = (counted(total, "request"), percent(share));
    if share > 0.5 {
        format!("Of {all}, most ({part}) took {from} to {to}.")
    } else {
        format!("Of {all}, {part} took {from} to {to}, more than in any other range.")
    }
}

fn table(histogram: &[HistogramBucket]) -> DataTable {
    let total: u64 = histogram.iter().map(|bucket| bucket.count).sum();
    let mut below = 0;
    let row = |bucket: &HistogramBucket| {
        below += bucket.count;
        let share = visible_percent(below as f64 / total.max(1) as f64);
        vec![
            millis(bucket.from_us),
            millis(bucket.to_us),
            grouped(bucket.count),
            share,
        ]
    };
    let columns = ["from (ms)", "to (ms)", "requests", "up to here"];
    DataTable {
        caption: "Response times of successful and unfinished requests".to_owned(),
        columns: columns.map(Column::number).into(),
        rows: histogram.iter().map(row).collect(),
        ..DataTable::default()
    }
}
