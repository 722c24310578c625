//! Figures without a picture: latencies, outcomes, judged conditions, and the figures of the baseline.

use super::load_context::LoadContext;
use crate::comparison::BaselineFigure;
use crate::grouped;
use crate::html::chart::units::plain;
use crate::html::table::{Column, DataTable, mean_millis, millis, or_dash};
use crate::human::{ratio_texts, visible_percent};
use crate::load::{ConditionResult, LatencyFigures, LoadPercentile, OutcomeFigures};
use maud::{Markup, html};

/// The most rows of a table.
const MAX_ROWS: usize = 200;

/// The latencies of each kind.
pub(super) fn latencies(context: &LoadContext<'_>) -> Markup {
    let figures = &context.result.figures;
    let kinds = [
        ("response time", &figures.response_time),
        ("service time", &figures.service_time),
        ("response time of failures", &figures.failed_response_time),
        ("lateness of starts", &figures.lateness),
    ];
    let known = kinds
        .into_iter()
        .filter(|(_, latencies)| latencies.count > 0);
    let names = figures.response_time.percentiles().map(|(name, _)| name);
    let numbers = ["requests", "min", "mean"]
        .into_iter()
        .chain(names)
        .chain(["max"]);
    let columns = [Column::text("ms")]
        .into_iter()
        .chain(numbers.map(Column::number));
    let rows: Vec<_> = known
        .map(|(name, latencies)| latency_row(name, latencies))
        .collect();
    let table = DataTable {
        caption:
            "Latencies in milliseconds; a dash where the sample is too small, ≥ for a lower bound"
                .to_owned(),
        columns: columns.collect(),
        rows,
        ..DataTable::default()
    };
    html! { @if !table.rows.is_empty() { (table.markup()) } }
}

fn latency_row(name: &str, latencies: &LatencyFigures) -> Vec<String> {
    let bound = if latencies.has_unfinished { "≥ " } else { "" };
    let mean = latencies
        .mean_us
        .map(|us| format!("{bound}{}", mean_millis(us)));
    let mut row = vec![
        name.to_owned(),
        grouped(latencies.count),
        or_dash(latencies.min_us.map(millis)),
        or_dash(mean),
    ];
    row.extend(latencies.percentiles().map(|(_, one)| percentile(one)));
    row.push(or_dash(
        latencies.max_us.map(|us| format!("{bound}{}", millis(us))),
    ));
    row
}

/// A percentile in milliseconds.
pub(super) fn percentile(one: Option<LoadPercentile>) -> String {
    or_dash(one.map(|one| bounded(one, millis(one.us))))
}

/// A text of a percentile, which says if the percentile is a lower bound.
pub(super) fn bounded(one: LoadPercentile, text: String) -> String {
    if one.is_lower_bound {
        format!("≥ {text}")
    } else {
        text
    }
}

/// All outcomes, successes too.
pub(super) fn outcomes(context: &LoadContext<'_>) -> Markup {
    let outcomes = &context.result.figures.outcomes;
    let row = |one: &OutcomeFigures| {
        let latencies = &one.response_time;
        let max = latencies.max_us.map(millis);
        vec![
            one.outcome.clone(),
            one.reason.clone(),
            grouped(one.count),
            visible_percent(one.share),
            percentile(latencies.p50),
            percentile(latencies.p99),
            or_dash(max),
        ]
    };
    let numbers = ["requests", "share", "p50 (ms)", "p99 (ms)", "max (ms)"].map(Column::number);
    let columns = ["outcome", "reason"]
        .map(Column::text)
        .into_iter()
        .chain(numbers);
    let table = DataTable {
        caption: "Requests by outcome, with the response times of each".to_owned(),
        columns: columns.collect(),
        rows: outcomes.iter().take(MAX_ROWS).map(row).collect(),
        left_out: left_out(outcomes.len()),
    };
    html! { @if !outcomes.is_empty() { (table.markup()) } }
}

/// The conditions of `--fail-if`.
pub(super) fn conditions(context: &LoadContext<'_>) -> Markup {
    let conditions = &context.result.conditions;
    let row = |one: &ConditionResult| {
        vec![
            one.condition.clone(),
            one.status.to_string(),
            one.message.clone(),
        ]
    };
    let table = DataTable {
        caption: "Conditions of --fail-if: one that holds is a failure".to_owned(),
        columns: ["condition", "status", "figures"].map(Column::text).into(),
        rows: conditions.iter().take(MAX_ROWS).map(row).collect(),
        left_out: left_out(conditions.len()),
    };
    html! { @if !conditions.is_empty() { (table.markup()) } }
}

/// The figures of this run beside those of the earlier one.
pub(super) fn baseline(context: &LoadContext<'_>) -> Markup {
    let figures = &context.result.baseline;
    let row = |one: &BaselineFigure| {
        let ratio = (one.baseline > 0.0).then(|| ratio_texts(one.now / one.baseline, None).0);
        let [now, baseline] = [one.now, one.baseline].map(|value| in_unit(value, &one.unit));
        vec![one.metric.clone(), now, baseline, or_dash(ratio)]
    };
    let table = DataTable {
        caption: "Figures beside those of the baseline; one run each, so that the ratios have no interval".to_owned(),
        columns: [Column::text("figure")]
            .into_iter()
            .chain(["now", "baseline", "ratio"].map(Column::number))
            .collect(),
        rows: figures.iter().map(row).collect(),
        ..DataTable::default()
    };
    html! { @if !figures.is_empty() { (table.markup()) } }
}

/// A figure of a baseline with its unit.
fn in_unit(value: f64, unit: &str) -> String {
    match unit {
        "us" => format!("{} ms", plain(value / 1000.0)),
        "s" => format!("{} ms", plain(value * 1000.0)),
        "share" => visible_percent(value),
        "per_s" => format!("{}/s", plain((100.0 * value).round() / 100.0)),
        _ => plain(value),
    }
}

fn left_out(rows: usize) -> String {
    match rows.saturating_sub(MAX_ROWS) {
        0 => String::new(),
        more => format!(
            "{} more rows are in the result document.",
            grouped(more as u64)
        ),
    }
}
