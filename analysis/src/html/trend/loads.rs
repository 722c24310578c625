//! The trend of load runs: response times, rates and errors, and the limits of searches.

use super::runs::{MAX_RUNS, TrendRuns};
use super::trend_chart::{TrendChart, TrendSeries, TrendValue};
use crate::html::chart::axis::Axis;
use crate::html::chart::palette::SeriesStyle;
use crate::html::chart::scale::Scale;
use crate::html::chart::units::plain;
use crate::html::figure::Figure;
use crate::html::page::section;
use crate::html::table::mean_millis;
use crate::human::{HumanDuration, grouped_rate, visible_percent};
use crate::load::{LoadPercentile, LoadResult};
use maud::{Markup, html};

/// The trend of these results, the newest last; nothing with fewer than two.
pub(crate) fn trend_of_loads(results: &[LoadResult]) -> Markup {
    let (left_out, results) = results.split_at(results.len().saturating_sub(MAX_RUNS));
    if results.len() < 2 {
        return html! {};
    }
    let runs = TrendRuns::new(results.iter().map(|result| {
        let verdict = &result.verdict;
        let reasons = verdict.reasons.iter().map(|reason| reason.message.as_str());
        (&result.environment, verdict.validity, reasons.collect())
    }));
    let figures = [limits, latencies, rates, errors];
    let figures: Vec<_> = figures
        .iter()
        .filter_map(|figure| figure(&runs, results))
        .collect();
    section(
        "trend",
        "Trend",
        &html! {
            (runs.markup(left_out.len()))
            @for figure in &figures { (figure.markup()) }
        },
    )
}

/// A value of each result.
fn series(
    index: usize,
    name: &str,
    results: &[LoadResult],
    value: impl Fn(&LoadResult) -> Option<TrendValue>,
) -> TrendSeries {
    TrendSeries {
        name: name.to_owned(),
        style: SeriesStyle::new(index),
        values: results.iter().map(value).collect(),
    }
}

fn limits(runs: &TrendRuns<'_>, results: &[LoadResult]) -> Option<Figure> {
    let variable = results.last()?.search.as_ref()?.variable;
    let limit = series(0, "limit", results, |result| {
        Some(result.search.as_ref()?.limit?.into())
    });
    let chart = TrendChart {
        id: "trend-limit".to_owned(),
        title: "Highest load that meets the condition".to_owned(),
        reading: "Each mark is what a search found.",
        axis: &|values| Axis::numbers("load", Scale::from_zero(values.iter().copied())),
        text: &|limit| variable.describe(limit),
        cell: &plain,
        unit: "",
        are_shares: false,
    };
    chart.figure(runs, &[limit])
}

fn latencies(runs: &TrendRuns<'_>, results: &[LoadResult]) -> Option<Figure> {
    let value = |one: LoadPercentile| {
        let interval = match one.interval_us {
            [Some(low), Some(high)] => Some([low as f64, high as f64]),
            _ => None,
        };
        TrendValue {
            value: one.us as f64,
            interval,
        }
    };
    let p50 = series(0, "p50", results, |result| {
        result.figures.response_time.p50.map(value)
    });
    let p99 = series(1, "p99", results, |result| {
        result.figures.response_time.p99.map(value)
    });
    let chart = TrendChart {
        id: "trend-latency".to_owned(),
        title: "Response times of the runs".to_owned(),
        reading: "A mark is a percentile of a run, and its line the 95% confidence interval, which takes requests as independent: runs \
                  differ by more than that.",
        axis: &|values| {
            Axis::durations(
                "response time, logarithmic",
                Scale::log_around(values.iter().copied()),
            )
        },
        text: &|us| HumanDuration::from_mean(us).to_string(),
        cell: &mean_millis,
        unit: " (ms)",
        are_shares: false,
    };
    chart.figure(runs, &[p50, p99])
}

fn rates(runs: &TrendRuns<'_>, results: &[LoadResult]) -> Option<Figure> {
    let asked = series(6, "asked", results, |result| {
        Some(result.figures.asked_per_s?.into())
    });
    let ended = series(0, "ended", results, |result| {
        Some(result.figures.requests_per_s.into())
    });
    let succeeded = series(2, "succeeded", results, |result| {
        Some(result.figures.goodput_per_s.into())
    });
    let chart = TrendChart {
        id: "trend-rate".to_owned(),
        title: "Rates of the runs".to_owned(),
        reading: "Each mark is the mean rate of a run.",
        axis: &|values| {
            Axis::numbers(
                "requests per second",
                Scale::from_zero(values.iter().copied()),
            )
        },
        text: &|rate| format!("{}/s", grouped_rate(rate)),
        cell: &|rate| format!("{rate:.3}"),
        unit: " (1/s)",
        are_shares: false,
    };
    chart.figure(runs, &[asked, ended, succeeded])
}

fn errors(runs: &TrendRuns<'_>, results: &[LoadResult]) -> Option<Figure> {
    let share = series(1, "errors", results, |result| {
        Some(result.figures.error_share().into())
    });
    let chart = TrendChart {
        id: "trend-errors".to_owned(),
        title: "Errors of the runs".to_owned(),
        reading: "Each mark is the part of the ended requests that failed.",
        axis: &|values| Axis::shares("errors", Scale::from_zero(values.iter().copied())),
        text: &visible_percent,
        cell: &|share| format!("{}%", plain(100.0 * share)),
        unit: "",
        are_shares: true,
    };
    let has_errors = results.iter().any(|result| result.figures.failed > 0);
    chart.figure(runs, &[share]).filter(|_| has_errors)
}
