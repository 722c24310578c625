//! What the charts over time share: the axis of time, steps, and how to say when something was.

use super::time_points::{TimePoint, TimePoints};
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::palette::SeriesStyle;
use crate::html::chart::scale::Scale;
use crate::html::chart::shape::{area, coordinate, line};
use crate::html::chart::units::plain;
use maud::{Markup, html};

/// Units of time with their lengths in seconds, the longest first, and the steps between ticks.
const UNITS: [(f64, &str, &[f64]); 3] = [
    (
        3600.0,
        "h",
        &[1.0, 2.0, 3.0, 4.0, 6.0, 12.0, 24.0, 48.0, 96.0],
    ),
    (60.0, "min", &[1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0]),
    (
        1.0,
        "s",
        &[0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0],
    ),
];

/// A unit is used from this many of it on.
const LEAST_OF_UNIT: f64 = 3.0;

/// The most intervals between ticks.
const MAX_INTERVALS: f64 = 10.0;

/// About how many markers a line has.
const MARKERS: usize = 10;

/// The radius of a marker.
const MARKER: f64 = 3.0;

/// The height of the area of a chart over time.
pub(super) const HEIGHT: f64 = 200.0;

/// The axis of the time since the end of the warm-up, in microseconds.
pub(super) fn time_axis(points: &TimePoints, window_us: u64, has_warm_up: bool) -> Axis {
    let end_us = points.end_us().max(window_us).max(1) as f64;
    let title = if has_warm_up {
        "time since the end of the warm-up"
    } else {
        "time since the start"
    };
    Axis {
        scale: Scale::Linear {
            min: 0.0,
            max: end_us,
        },
        ticks: ticks(end_us / 1e6),
        title: title.to_owned(),
    }
}

fn ticks(end_s: f64) -> Vec<(f64, String)> {
    let fits = |(length, ..): &&(f64, &str, &[f64])| end_s >= LEAST_OF_UNIT * length;
    let (length, unit, steps) = *UNITS.iter().find(fits).unwrap_or(&UNITS[2]);
    let end = end_s / length;
    let is_wide = |step: &&f64| end / **step <= MAX_INTERVALS;
    let step = steps.iter().find(is_wide).copied().unwrap_or(end);
    let values = (0..=10).map(|index| f64::from(index) * step);
    let values = values.take_while(|value| *value <= end * 1.000_001);
    values
        .map(|value| (value * length * 1e6, format!("{} {unit}", plain(value))))
        .collect()
}

/// Runs of neighbouring points that have a value.
fn runs<'a>(
    points: &'a [TimePoint],
    value: &'a dyn Fn(&TimePoint) -> Option<f64>,
) -> impl Iterator<Item = &'a [TimePoint]> {
    let runs = points.chunk_by(|one, other| value(one).is_some() == value(other).is_some());
    runs.filter(|run| run.first().is_some_and(|first| value(first).is_some()))
}

/// The corners of steps: each point is as wide as its time.
fn corners(
    frame: &PlotFrame,
    run: &[TimePoint],
    value: &dyn Fn(&TimePoint) -> Option<f64>,
) -> Vec<(f64, f64)> {
    let corners = run.iter().flat_map(|point| {
        let y = frame.y(value(point).unwrap_or(0.0));
        [point.start_us, point.end_us()].map(|at| (frame.x(at as f64), y))
    });
    corners.collect()
}

/// The path of a line in steps; points without a value are gaps.
fn steps(
    frame: &PlotFrame,
    points: &[TimePoint],
    value: &dyn Fn(&TimePoint) -> Option<f64>,
) -> String {
    runs(points, value)
        .map(|run| line(corners(frame, run, value)))
        .collect()
}

/// A line in steps, with markers at some points.
pub(super) fn step_line(
    frame: &PlotFrame,
    points: &[TimePoint],
    style: SeriesStyle,
    value: &dyn Fn(&TimePoint) -> Option<f64>,
) -> Markup {
    let distance = points.len().div_ceil(MARKERS).max(1);
    let marked = points.iter().skip(distance / 2).step_by(distance);
    let markers = marked.filter_map(|point| {
        let middle = (point.start_us + point.end_us()) as f64 / 2.0;
        Some(style.marker(frame.x(middle), frame.y(value(point)?), MARKER))
    });
    let markers: String = markers.collect();
    html! {
        (style.line(&steps(frame, points, value)))
        (style.marks(&markers))
    }
}

/// A line through the values at the ends of points, with a mark at each if they are few.
pub(super) fn sample_line(
    frame: &PlotFrame,
    points: &[TimePoint],
    style: SeriesStyle,
    value: &dyn Fn(&TimePoint) -> f64,
) -> Markup {
    let samples = points
        .iter()
        .map(|point| (frame.x(point.end_us() as f64), frame.y(value(point))));
    let samples: Vec<_> = samples.collect();
    let distance = points.len().div_ceil(6 * MARKERS).max(1);
    let markers = samples.iter().step_by(distance);
    let markers: String = markers.map(|(x, y)| style.marker(*x, *y, MARKER)).collect();
    html! {
        (style.line(&line(samples)))
        (style.marks(&markers))
    }
}

/// The path of the area between two lines in steps, where both have values.
pub(super) fn step_area(
    frame: &PlotFrame,
    points: &[TimePoint],
    low: &dyn Fn(&TimePoint) -> Option<f64>,
    high: &dyn Fn(&TimePoint) -> Option<f64>,
) -> String {
    let both = |point: &TimePoint| low(point).and(high(point));
    let areas =
        runs(points, &both).map(|run| area(&corners(frame, run, low), &corners(frame, run, high)));
    areas.collect()
}

/// Whether the time after the window, in which requests only end, is long enough to be seen.
pub(super) fn has_rest(window_us: u64, points: &TimePoints) -> bool {
    window_us > 0 && points.end_us().saturating_sub(window_us) > points.end_us() / 200
}

/// A vertical line at the end of the window; nothing if no time follows.
pub(super) fn end_of_window(frame: &PlotFrame, window_us: u64, points: &TimePoints) -> Markup {
    let [_, top, _, bottom] = frame.area();
    let (x, is_shown) = (frame.x(window_us as f64), has_rest(window_us, points));
    let path = format!(
        "M{} {}V{}",
        coordinate(x),
        coordinate(top),
        coordinate(bottom)
    );
    html! { @if is_shown { path.guide stroke-dasharray="2 3" d=(path) {} } }
}

/// When a point was: `in the second from 3 s on`, `in the 300 seconds from 3 h 55 min on`.
pub(super) fn when(point: &TimePoint, length: usize) -> String {
    let start = clock(point.start_us);
    match length {
        1 => format!("in the second from {start} on"),
        length => format!("in the {length} seconds from {start} on"),
    }
}

/// A time since the start: `3 s`, `12 min 5 s`, `3 h 55 min`.
fn clock(us: u64) -> String {
    let whole = us / 1_000_000;
    let parts = [
        (whole / 3600, "h"),
        (whole / 60 % 60, "min"),
        (whole % 60, "s"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<_> = parts
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    if whole < 60 {
        format!("{} s", seconds(us))
    } else {
        parts.join(" ")
    }
}

/// The first point whose value is the largest, if that is above 0.
pub(super) fn peak(
    points: &[TimePoint],
    value: fn(&TimePoint) -> Option<u64>,
) -> Option<(u64, &TimePoint)> {
    let values = points
        .iter()
        .filter_map(|point| Some((value(point)?, point)));
    let highest = values.reduce(|best, other| if other.0 > best.0 { other } else { best })?;
    Some(highest).filter(|(value, _)| *value > 0)
}

/// Microseconds in seconds, for tables.
pub(super) fn seconds(us: u64) -> String {
    plain(us as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_long_runs_have_hours_and_minutes() {
        let times = [0, 2_500_000, 725_000_000, 14_100_000_000].map(clock);
        assert_eq!(times, ["0 s", "2.5 s", "12 min 5 s", "3 h 55 min"]);
    }

    #[test]
    fn ticks_are_in_the_unit_that_suits() {
        let texts = |end| {
            ticks(end)
                .into_iter()
                .map(|(_, text)| text)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            texts(1.0),
            "0 s 0.1 s 0.2 s 0.3 s 0.4 s 0.5 s 0.6 s 0.7 s 0.8 s 0.9 s 1 s"
        );
        assert_eq!(texts(31.0), "0 s 5 s 10 s 15 s 20 s 25 s 30 s");
        assert_eq!(
            texts(600.0),
            "0 min 1 min 2 min 3 min 4 min 5 min 6 min 7 min 8 min 9 min 10 min"
        );
        assert_eq!(texts(86_400.0), "0 h 3 h 6 h 9 h 12 h 15 h 18 h 21 h 24 h");
    }
}
