//! A figure of each run as a chart: a line for each series, with intervals where they are known.

use super::runs::TrendRuns;
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::legend;
use crate::html::chart::palette::SeriesStyle;
use crate::html::chart::shape::{coordinate, line};
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable, or_dash};
use crate::validity::Validity;
use maud::{Markup, html};

const HEIGHT: f64 = 180.0;

/// A figure of a run.
#[derive(Clone, Copy)]
pub(super) struct TrendValue {
    pub(super) value: f64,
    /// The ends of its interval.
    pub(super) interval: Option<[f64; 2]>,
}

/// What is followed over the runs, with a value for each run that has one.
pub(super) struct TrendSeries {
    pub(super) name: String,
    pub(super) style: SeriesStyle,
    pub(super) values: Vec<Option<TrendValue>>,
}

/// A chart of a trend, without its series.
pub(super) struct TrendChart<'a> {
    pub(super) id: String,
    pub(super) title: String,
    /// What the marks and their intervals are.
    pub(super) reading: &'a str,
    /// The vertical axis for these values.
    pub(super) axis: &'a dyn Fn(&[f64]) -> Axis,
    /// A value in a sentence.
    pub(super) text: &'a dyn Fn(f64) -> String,
    /// A value in the table, and the unit in its header.
    pub(super) cell: &'a dyn Fn(f64) -> String,
    pub(super) unit: &'a str,
    /// Whether the values are shares, whose relative change would mislead.
    pub(super) are_shares: bool,
}

impl From<f64> for TrendValue {
    fn from(value: f64) -> TrendValue {
        TrendValue {
            value,
            interval: None,
        }
    }
}

impl TrendValue {
    fn all(self) -> impl Iterator<Item = f64> {
        self.interval.into_iter().flatten().chain([self.value])
    }

    /// The relative change from an earlier value, and whether it is more than noise: ` (-12.0%, significant)`. The ends of two
    /// independent intervals add like standard errors do, in logarithms.
    fn change_from(self, first: TrendValue) -> String {
        if first.value <= 0.0 || self.value <= 0.0 {
            return String::new();
        }
        let change = self.value / first.value;
        let verdict = match (first.log_error(), self.log_error()) {
            (Some(before), Some(now)) if change.ln().abs() > before.hypot(now) => ", significant",
            (Some(_), Some(_)) => ", no significant difference",
            _ => "",
        };
        format!(" ({:+.1}%{verdict})", 100.0 * (change - 1.0))
    }

    /// The distance of the farther end of the interval, in logarithms.
    fn log_error(self) -> Option<f64> {
        let ends = self.interval?.map(|end| (end / self.value).ln().abs());
        Some(ends[0].max(ends[1]))
    }
}

impl TrendChart<'_> {
    /// The figure of these series; `None` if none has a value in two runs.
    pub(super) fn figure(&self, runs: &TrendRuns<'_>, series: &[TrendSeries]) -> Option<Figure> {
        let shown: Vec<&TrendSeries> = series
            .iter()
            .filter(|one| one.values.iter().flatten().count() > 1)
            .collect();
        let values = shown.iter().flat_map(|one| one.values.iter().flatten());
        let values: Vec<f64> = values.flat_map(|value| value.all()).collect();
        if values.is_empty() {
            return None;
        }
        let frame = PlotFrame::new(runs.axis(), (self.axis)(&values), HEIGHT);
        Some(Figure {
            id: self.id.clone(),
            title: self.title.clone(),
            conclusion: self.conclusion(runs, &shown),
            reading: format!(
                "{} An open mark is of an INVALID run, and at a dashed line the machine, the version or the build changed.",
                self.reading
            ),
            drawing: html! {
                (frame.draw())
                (breaks(&frame, runs))
                @for one in &shown { (draw(&frame, runs, one)) }
            },
            height: frame.height(),
            legend: legend::of_series(shown.iter().map(|one| (one.name.as_str(), one.style))),
            table: self.table(runs, &shown),
            is_invalid: runs.are_invalid(),
            level: 3,
        })
    }

    /// From the first to the newest value of each series, of runs that can be used if there are any.
    fn conclusion(&self, runs: &TrendRuns<'_>, series: &[&TrendSeries]) -> String {
        let sentence = |one: &&TrendSeries| {
            let known = one.values.iter().zip(&runs.runs);
            let known =
                known.filter(|(_, run)| runs.are_invalid() || run.validity != Validity::Invalid);
            let known: Vec<TrendValue> = known.filter_map(|(value, _)| *value).collect();
            let [first, .., last] = known[..] else {
                return format!("{}: fewer than 2 runs can be used", one.name);
            };
            let change = if self.are_shares {
                String::new()
            } else {
                last.change_from(first)
            };
            let [first, last] = [first, last].map(|one| (self.text)(one.value));
            format!("{}: {first} at first, {last} at last{change}", one.name)
        };
        let sentences: Vec<_> = series.iter().map(sentence).collect();
        sentences.join("; ") + "."
    }

    fn table(&self, runs: &TrendRuns<'_>, series: &[&TrendSeries]) -> DataTable {
        let columns = series.iter().flat_map(|one| {
            let ends: &[&str] = if has_intervals(one) {
                &["", " low", " high"]
            } else {
                &[""]
            };
            let header = |end: &&str| Column::number(format!("{}{end}{}", one.name, self.unit));
            ends.iter().map(header).collect::<Vec<_>>()
        });
        let cells = |index: usize| {
            let of_series = |one: &&TrendSeries| {
                let value = one.values.get(index).copied().flatten();
                let ends = value.and_then(|value| value.interval);
                let all = [
                    value.map(|value| value.value),
                    ends.map(|ends| ends[0]),
                    ends.map(|ends| ends[1]),
                ];
                let shown = if has_intervals(one) { 3 } else { 1 };
                all.into_iter()
                    .take(shown)
                    .map(|value| or_dash(value.map(self.cell)))
                    .collect::<Vec<_>>()
            };
            series.iter().flat_map(of_series).collect::<Vec<_>>()
        };
        let rows = runs
            .row_heads()
            .enumerate()
            .map(|(index, head)| [head, cells(index)].concat());
        DataTable {
            caption: format!("{} of each run", self.title),
            columns: ["run", "verdict"]
                .map(Column::text)
                .into_iter()
                .chain(columns)
                .collect(),
            rows: rows.collect(),
            ..DataTable::default()
        }
    }
}

fn has_intervals(series: &TrendSeries) -> bool {
    series
        .values
        .iter()
        .flatten()
        .any(|value| value.interval.is_some())
}

/// Where the environment changed.
fn breaks(frame: &PlotFrame, runs: &TrendRuns<'_>) -> Markup {
    let [_, top, _, bottom] = frame.area().map(coordinate);
    html! {
        @for number in runs.breaks() {
            @let x = coordinate(frame.x(number as f64 - 0.5));
            path.guide stroke-dasharray="3 3" d={ "M" (x) " " (top) "V" (bottom) } {}
        }
    }
}

fn draw(frame: &PlotFrame, runs: &TrendRuns<'_>, series: &TrendSeries) -> Markup {
    let known = series.values.iter().zip(&runs.runs).enumerate();
    let known = known.filter_map(|(index, (value, run))| {
        Some((frame.x(index as f64 + 1.0), (*value)?, run.validity))
    });
    let known: Vec<(f64, TrendValue, Validity)> = known.collect();
    let path = line(known.iter().map(|(x, value, _)| (*x, frame.y(value.value))));
    html! {
        (series.style.line(&path))
        @for (x, value, validity) in &known {
            @let marker = series.style.marker(*x, frame.y(value.value), 4.0);
            (interval(frame, series.style, *x, *value))
            @if *validity == Validity::Invalid {
                path class={ "ring " (series.style.class()) } d=(marker) {}
            } @else {
                (series.style.marks(&marker))
            }
        }
    }
}

fn interval(frame: &PlotFrame, style: SeriesStyle, x: f64, value: TrendValue) -> Markup {
    let path = value.interval.map(|ends| {
        let [low, high] = ends.map(|end| coordinate(frame.y(end)));
        let (left, x) = (coordinate(x - 3.0), coordinate(x));
        format!("M{x} {low}V{high}M{left} {low}h6M{left} {high}h6")
    });
    html! { @if let Some(path) = path { path class={ "thin " (style.class()) } d=(path) {} } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn change_within_the_intervals_is_no_difference() {
        let value = |value: f64, interval| TrendValue { value, interval };
        let first = value(50.5, Some([12.0, 200.0]));
        let change = value(35.4, Some([10.0, 120.0])).change_from(first);
        assert_eq!(change, " (-29.9%, no significant difference)");
        let first = value(100.0, Some([99.0, 101.0]));
        let change = value(80.0, Some([79.0, 81.0])).change_from(first);
        assert_eq!(change, " (-20.0%, significant)");
        assert_eq!(value(80.0, None).change_from(first), " (-20.0%)");
    }
}
