//! Percentiles of download times, or of service times beside programs, with what the server and the harness add at the foot.

use super::cell_context::CellContext;
use crate::comparison::{Cell, PercentilePoint, StrategyResult, WallMeasuredAt};
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::legend;
use crate::html::chart::scale::Scale;
use crate::html::chart::shape::line;
use crate::html::chart::units::plain;
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable, millis, or_dash};
use crate::human::HumanDuration;
use maud::{Markup, html};

/// The height of the area in units.
const HEIGHT: f64 = 230.0;

/// Times that differ by more than this factor have a logarithmic axis.
const MAX_LINEAR: f64 = 30.0;

/// The most strategies that a conclusion names.
const MAX_NAMED: usize = 4;

/// The least height of an area at the foot in units, so that it can be seen.
const LEAST_FOOT: f64 = 1.5;

const LATENESS: &str = "lateness of the server";

/// What is at the foot: its name, its class, and its median and 99th percentile in microseconds.
type Foot = (&'static str, &'static str, f64, f64);

pub(super) fn figure(context: &CellContext<'_>) -> Option<Figure> {
    let cell = context.cell;
    let strategies = cell.strategies.iter();
    let highest = strategies.filter_map(|one| Some(points(cell, one).last()?.0));
    let highest = highest.fold(0.0, f64::max);
    if highest < 0.5 {
        return None;
    }
    let foot = foot(context);
    // Of programs only the server knows times: those of attempts.
    let (what, time, title) = match cell.wall_measured_at {
        WallMeasuredAt::Client => (
            "downloads",
            "download time",
            "Percentiles of download times",
        ),
        WallMeasuredAt::Server => ("attempts", "service time", "Percentiles of service times"),
    };
    let frame = PlotFrame::new(
        Axis::quantiles(
            format!("share of {what} that take at most this long, at log(1 / (1 - p))"),
            Scale::percentile(highest),
        ),
        Axis::durations(time, vertical(cell, &foot)),
        HEIGHT,
    );
    let drawn = context
        .styled()
        .filter(|(one, _)| points(cell, one).len() > 1);
    let drawn = drawn.map(|(one, style)| (one.name.as_str(), style));
    Some(Figure {
        conclusion: conclusion(cell, &foot),
        reading: "The slowest are at the right, where each step makes them ten times rarer; a curve ends at the last \
            percentile that its sample supports. An area at the foot rises from its median to its p99, at the right end if the axis \
            ends before: differences that are not above it may come from there."
            .to_owned(),
        drawing: draw(context, &frame, &foot, highest),
        height: frame.height(),
        legend: html! {
            (legend::of_series(drawn))
            (legend::of_areas(foot.iter().map(|(name, class, ..)| (*class, *name))))
        },
        table: table(&cell.strategies, &foot),
        ..context.figure("percentiles", title)
    })
}

/// Quantiles below 1 with the times there, which are comparable within the cell.
fn points(cell: &Cell, strategy: &StrategyResult) -> Vec<(f64, f64)> {
    let time = |point: &PercentilePoint| match cell.wall_measured_at {
        WallMeasuredAt::Client => point.download_time_us,
        WallMeasuredAt::Server => Some(point.service_time_us),
    };
    let points = strategy.percentiles.iter();
    let points = points.filter_map(|point| Some((point.quantile, time(point)? as f64)));
    points.filter(|(quantile, _)| *quantile < 1.0).collect()
}

/// Around the times and the p99 of the lateness.
fn vertical(cell: &Cell, foot: &[Foot]) -> Scale {
    let points = cell.strategies.iter().flat_map(|one| points(cell, one));
    let times = points.map(|(_, us)| us);
    let lateness = foot.iter().filter(|(name, ..)| *name == LATENESS);
    let lateness = lateness.map(|(.., p99)| *p99).filter(|us| *us > 0.0);
    let times: Vec<f64> = times.chain(lateness).collect();
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    let most = times.iter().copied().fold(0.0, f64::max);
    if least > 0.0 && most > MAX_LINEAR * least {
        Scale::log_around(times.into_iter())
    } else {
        Scale::from_zero(times.into_iter())
    }
}

fn foot(context: &CellContext<'_>) -> Vec<Foot> {
    let server = context
        .cell
        .server
        .as_ref()
        .filter(|server| server.delayed > 0);
    let lateness = server.map(|server| {
        (
            LATENESS,
            "a5",
            server.lateness_p50_us,
            server.lateness_p99_us,
        )
    });
    let overhead = context.comparison.measurement_overhead.as_ref();
    let overhead = overhead.map(|it| {
        (
            "measurement overhead",
            "a0",
            it.p50_us as f64,
            it.p99_us as f64,
        )
    });
    overhead.into_iter().chain(lateness).collect()
}

fn draw(context: &CellContext<'_>, frame: &PlotFrame, foot: &[Foot], highest: f64) -> Markup {
    html! {
        (frame.draw())
        @for it in foot { path class=(it.1) d=(foot_path(frame, it, highest)) {} }
        @for (one, style) in context.styled() {
            @let points: Vec<_> = points(context.cell, one).into_iter().map(|(quantile, us)| (frame.x(quantile), frame.y(us))).collect();
            (style.line(&line(points.iter().copied())))
            @let marks = points.iter().map(|(x, y)| style.marker(*x, *y, 3.2)).collect::<String>();
            (style.marks(&marks))
        }
    }
}

/// The area from the bottom to the median, which rises to the 99th percentile where that is on the axis, and at the right end of
/// an axis that ends before.
fn foot_path(frame: &PlotFrame, (_, _, p50, p99): &Foot, highest: f64) -> String {
    let [left, _, right, bottom] = frame.area();
    let height = |us: f64| frame.y(us).min(bottom - LEAST_FOOT);
    let until = frame.x(highest.min(0.99));
    line([
        (left, bottom),
        (left, height(*p50)),
        (frame.x(0.5), height(*p50)),
        (until, height(*p99)),
        (right, height(*p99)),
        (right, bottom),
    ]) + "z"
}

/// The median and the highest supported percentile of each strategy, and how late the server was.
fn conclusion(cell: &Cell, foot: &[Foot]) -> String {
    let time = |us: f64| HumanDuration::from_mean(us);
    let clauses = cell.strategies.iter().filter_map(|one| {
        let points = points(cell, one);
        let (_, median) = points.iter().find(|(quantile, _)| *quantile >= 0.5)?;
        let (quantile, highest) = points.last()?;
        let highest = match *quantile {
            0.5 => String::new(),
            quantile => format!(", p{} {}", plain(100.0 * quantile), time(*highest)),
        };
        Some(format!("{}: median {}{highest}", one.name, time(*median)))
    });
    let clauses: Vec<_> = clauses.collect();
    let more = match clauses.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!("; {more} more in the table"),
    };
    let lateness = foot.iter().find(|(name, ..)| *name == LATENESS);
    let lateness = lateness.map(|(name, _, p50, p99)| {
        format!(
            " The {name} had a median of {} and a p99 of {}.",
            time(*p50),
            time(*p99)
        )
    });
    format!(
        "{}{more}.{}",
        clauses[..clauses.len().min(MAX_NAMED)].join("; "),
        lateness.unwrap_or_default()
    )
}

fn table(strategies: &[StrategyResult], foot: &[Foot]) -> DataTable {
    let of_strategy = |one: &StrategyResult| {
        let name = one.name.clone();
        let rows = one.percentiles.iter().map(move |point| {
            let times = [
                point.download_time_us,
                Some(point.response_time_us),
                Some(point.service_time_us),
            ];
            let mut cells = vec![name.clone(), format!("{:.4}", point.quantile)];
            cells.extend(times.map(|us| or_dash(us.map(millis))));
            cells
        });
        rows.collect::<Vec<_>>()
    };
    let of_foot = foot.iter().flat_map(|(name, _, p50, p99)| {
        [("0.5000", *p50), ("0.9900", *p99)].map(|(quantile, us)| {
            let times = [format!("{:.3}", us / 1000.0), or_dash(None), or_dash(None)];
            [(*name).to_owned(), quantile.to_owned()]
                .into_iter()
                .chain(times)
                .collect()
        })
    });
    let headers = [
        "download time (ms)",
        "response time (ms)",
        "service time (ms)",
    ];
    DataTable {
        caption: "Times of successful downloads and attempts by quantile; 1 is the slowest"
            .to_owned(),
        columns: [Column::text("strategy"), Column::number("quantile")]
            .into_iter()
            .chain(headers.map(Column::number))
            .collect(),
        rows: strategies
            .iter()
            .flat_map(of_strategy)
            .chain(of_foot)
            .collect(),
        ..DataTable::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The highest point of an area at the foot, in units above the bottom, on an axis up to 50 ms that ends at this quantile.
    fn height(p99_us: f64, highest: f64) -> f64 {
        let axes = [
            Axis::quantiles("", Scale::percentile(highest)),
            Axis::durations("", Scale::from_zero([50_000.0].into_iter())),
        ];
        let [horizontal, vertical] = axes;
        let frame = PlotFrame::new(horizontal, vertical, HEIGHT);
        let path = foot_path(&frame, &(LATENESS, "a5", 100.0, p99_us), highest);
        let numbers = path.split(|letter: char| !(letter.is_ascii_digit() || letter == '.'));
        let numbers: Vec<f64> = numbers.filter_map(|number| number.parse().ok()).collect();
        let tops = numbers.chunks(2).filter_map(|pair| pair.get(1));
        let [.., bottom] = frame.area();
        bottom - tops.copied().fold(bottom, f64::min)
    }

    #[test]
    fn p99_of_the_lateness_is_visible_on_every_axis() {
        for highest in [0.5, 0.9, 0.99, 0.999] {
            let expected = 0.2 * HEIGHT;
            let height = height(10_000.0, highest);
            assert!((height - expected).abs() < 1.0, "{highest}: {height}");
        }
        assert!(height(10.0, 0.9) >= 1.0);
    }

    #[test]
    fn times_beside_programs_are_service_times() {
        let mut cell = crate::test_runs::cell(&[("async", 1.0)], 20);
        let times = |cell: &Cell| points(cell, &cell.strategies[0]);
        cell.strategies[0].percentiles = vec![PercentilePoint {
            quantile: 0.5,
            download_time_us: Some(70_000),
            response_time_us: 60_000,
            service_time_us: 50_000,
        }];
        assert_eq!(times(&cell), [(0.5, 70_000.0)]);
        cell.wall_measured_at = WallMeasuredAt::Server;
        assert_eq!(times(&cell), [(0.5, 50_000.0)]);
    }
}
