//! The curve of percentiles: response and service times, with the lateness of the client as their foot.

use super::load_context::LoadContext;
use super::tables::{bounded, percentile};
use crate::HumanDuration;
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::label::width;
use crate::html::chart::legend;
use crate::html::chart::palette::SeriesStyle;
use crate::html::chart::scale::Scale;
use crate::html::chart::shape::{area, coordinate, line};
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable, millis, or_dash};
use crate::load::{HistogramBucket, LatencyFigures, LoadPercentile};
use maud::{Markup, html};

/// The quantiles of the percentiles of a result, in their order.
const QUANTILES: [f64; 7] = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999];

const RESPONSE: SeriesStyle = SeriesStyle::new(0);
const SERVICE: SeriesStyle = SeriesStyle::new(1);

/// The axis ends this factor above the highest value.
const ROOM: f64 = 1.3;

/// The height of the area.
const HEIGHT: f64 = 260.0;

pub(super) fn figure(context: &LoadContext<'_>) -> Option<Figure> {
    let figures = &context.result.figures;
    let response = known(&figures.response_time);
    let (highest, _) = *response.last()?;
    let curve = curve(&context.result.histogram, &response);
    let others = [&figures.service_time, &figures.lateness].map(known);
    let values = curve.iter().map(|(_, us)| *us);
    let values = values.chain(others.iter().flatten().map(|(_, one)| one.us as f64));
    let values = values.chain(intervals(&response));
    // Room for the texts above the marks.
    let values = values.flat_map(|us| [us, ROOM * us]);
    let vertical = Axis::durations("time of successes", Scale::log_around(values));
    let horizontal = Axis::quantiles(
        "part of the requests that are at least as fast",
        Scale::percentile(highest),
    );
    let frame = PlotFrame::new(horizontal, vertical, HEIGHT);
    let [service, lateness] = others;
    Some(Figure {
        conclusion: conclusion(context, &response),
        reading: reading(figures.unfinished > 0),
        drawing: html! {
            (foot(&frame, &lateness))
            (frame.draw())
            (SERVICE.line(&line(service.iter().map(|(quantile, one)| (frame.x(*quantile), frame.y(one.us as f64))))))
            (RESPONSE.line(&line(curve.iter().map(|(quantile, us)| (frame.x(*quantile), frame.y(*us))))))
            @for (quantile, one) in &response { (mark(&frame, *quantile, *one)) }
            (texts(&frame, &response))
        },
        height: frame.height(),
        legend: html! {
            (legend::of_series([("response time", RESPONSE), ("service time", SERVICE)]))
            (legend::of_areas([("band", "lateness of the client")]))
        },
        table: table(context),
        ..context.figure("percentiles", "Percentiles")
    })
}

/// The percentiles that the sample supports, with their quantiles.
fn known(latencies: &LatencyFigures) -> Vec<(f64, LoadPercentile)> {
    let percentiles = QUANTILES.into_iter().zip(latencies.percentiles());
    percentiles
        .filter_map(|(quantile, (_, one))| Some((quantile, one?)))
        .collect()
}

/// The ends of the confidence intervals.
fn intervals(percentiles: &[(f64, LoadPercentile)]) -> impl Iterator<Item = f64> {
    percentiles
        .iter()
        .flat_map(|(_, one)| one.interval_us)
        .flatten()
        .map(|us| us as f64)
}

/// The points of the curve: the percentiles, and between them the ends of the ranges of the histogram, below which a known
/// part of the requests lies.
fn curve(histogram: &[HistogramBucket], percentiles: &[(f64, LoadPercentile)]) -> Vec<(f64, f64)> {
    let total: u64 = histogram.iter().map(|bucket| bucket.count).sum();
    let mut below = 0;
    let mut points: Vec<(f64, f64)> = percentiles
        .iter()
        .map(|(quantile, one)| (*quantile, one.us as f64))
        .collect();
    let highest = points.last().map_or(0.0, |(quantile, _)| *quantile);
    for bucket in histogram {
        let from = below as f64 / total.max(1) as f64;
        if from <= highest {
            points.push((from, bucket.from_us as f64));
        }
        below += bucket.count;
    }
    // A percentile is exact to 0.1%, so that it may lie on the other side of a range.
    points.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)));
    let mut highest_us = 0.0_f64;
    for (_, us) in &mut points {
        highest_us = highest_us.max(*us);
        *us = highest_us;
    }
    points
}

/// The area below the lateness of the client.
fn foot(frame: &PlotFrame, lateness: &[(f64, LoadPercentile)]) -> Markup {
    let [_, _, _, bottom] = frame.area();
    let at = |y: &dyn Fn(u64) -> f64| -> Vec<(f64, f64)> {
        lateness
            .iter()
            .map(|(quantile, one)| (frame.x(*quantile), y(one.us)))
            .collect()
    };
    html! { path.band d=(area(&at(&|_| bottom), &at(&|us| frame.y(us as f64)))) {} }
}

/// A percentile with its interval and value; an open mark if it is a lower bound.
fn mark(frame: &PlotFrame, quantile: f64, one: LoadPercentile) -> Markup {
    let (x, y) = (frame.x(quantile), frame.y(one.us as f64));
    let interval = match one.interval_us {
        [Some(low), Some(high)] => {
            let [low, high] = [low, high].map(|us| coordinate(frame.y(us as f64)));
            let (left, x) = (coordinate(x - 3.0), coordinate(x));
            format!("M{x} {low}V{high}M{left} {low}h6M{left} {high}h6")
        }
        _ => String::new(),
    };
    let class = if one.is_lower_bound {
        "ring s0"
    } else {
        "dot s0"
    };
    html! {
        path.thin.s0 d=(interval) {}
        path class=(class) d=(RESPONSE.marker(x, y, 4.0)) {}
    }
}

/// The values of the percentiles, the highest first, as far as they do not touch each other.
fn texts(frame: &PlotFrame, percentiles: &[(f64, LoadPercentile)]) -> Markup {
    let [left, ..] = frame.area();
    let mut free_until = f64::INFINITY;
    let texts = percentiles.iter().rev().filter_map(|(quantile, one)| {
        let text = bounded(*one, HumanDuration::from_micros(one.us).to_string());
        let (end, y) = (frame.x(*quantile) - 4.0, frame.y(one.us as f64) - 9.0);
        let end = end.max(left + width(&text) + 4.0);
        let is_free = end < free_until;
        is_free.then(|| {
            free_until = end - width(&text) - 8.0;
            (end, y, text)
        })
    });
    let texts: Vec<_> = texts.collect();
    html! {
        @for (x, y, text) in &texts {
            text text-anchor="end" x=(coordinate(*x)) y=(coordinate(*y)) { (text) }
        }
    }
}

fn conclusion(context: &LoadContext<'_>, response: &[(f64, LoadPercentile)]) -> String {
    let percentiles = context
        .result
        .figures
        .response_time
        .percentiles()
        .into_iter();
    let known: Vec<_> = percentiles
        .filter_map(|(name, one)| Some((name, one?)))
        .collect();
    let said = known
        .iter()
        .filter(|(name, _)| ["p50", "p99", "p99.9", "p99.99"].contains(name));
    let said = said.map(|(name, one)| {
        let sign = if one.is_lower_bound { "at least " } else { "" };
        format!("{name} {sign}{}", HumanDuration::from_micros(one.us))
    });
    let said: Vec<_> = said.collect();
    let tail = match (response.first(), known.last()) {
        (Some((_, first)), Some((name, last))) if first.us > 0 && response.len() > 1 => {
            format!(
                "; {name} is {:.1} times the median",
                last.us as f64 / first.us as f64
            )
        }
        _ => String::new(),
    };
    format!("Response times: {}{tail}.", said.join(", "))
}

fn reading(has_unfinished: bool) -> String {
    let unfinished = if has_unfinished {
        " An open mark with ≥ is a lower bound, because unfinished requests reach into it."
    } else {
        ""
    };
    format!(
        "Each further nine takes the same length, and the curve ends where the sample does: a steep end means that few requests wait \
         very long. A vertical line is a 95% confidence interval. Between response and service time lies the wait in the client.{unfinished}"
    )
}

fn table(context: &LoadContext<'_>) -> DataTable {
    let figures = &context.result.figures;
    let columns = [
        "response (ms)",
        "95% CI low (ms)",
        "95% CI high (ms)",
        "service (ms)",
        "lateness (ms)",
    ];
    let columns = [Column::text("percentile")]
        .into_iter()
        .chain(columns.map(Column::number));
    let kinds = [
        &figures.response_time,
        &figures.service_time,
        &figures.lateness,
    ]
    .map(LatencyFigures::percentiles);
    let [response, service, lateness] = kinds;
    let row = |index: usize| {
        let (name, one) = response[index];
        let end = |side: usize| or_dash(one.and_then(|one| one.interval_us[side]).map(millis));
        vec![
            name.to_owned(),
            percentile(one),
            end(0),
            end(1),
            percentile(service[index].1),
            percentile(lateness[index].1),
        ]
    };
    DataTable {
        caption: "Percentiles of successful and unfinished requests; a dash where the sample is too small".to_owned(),
        columns: columns.collect(),
        rows: (0..response.len()).map(row).collect(),
        ..DataTable::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curve_rises_and_ends_at_the_highest_percentile() {
        let bucket = |from_us, count| HistogramBucket {
            from_us,
            to_us: 2 * from_us,
            count,
        };
        let histogram = [bucket(100, 50), bucket(200, 45), bucket(400, 5)];
        let percentile = |us| LoadPercentile {
            us,
            interval_us: [None, None],
            is_lower_bound: false,
        };
        let points = curve(
            &histogram,
            &[(0.5, percentile(199)), (0.9, percentile(390))],
        );
        assert_eq!(
            points,
            [(0.0, 100.0), (0.5, 199.0), (0.5, 200.0), (0.9, 390.0)]
        );
    }
}
