//! The tables of every report, and how tables are made.

use super::sentences::{maximum, mean, percentile};
use crate::human::{HumanDuration, grouped_rate, visible_percent};
use crate::load::latency_figures::LatencyFigures;
use crate::load::result::LoadResult;
use crate::load::search_result::SearchPoint;
use crate::report::layout::TableColumn;

/// What stands in a row without a value.
pub(super) const BLANK: &str = "-";

/// A table with its title.
pub(super) struct LoadTable {
    pub(super) title: String,
    pub(super) columns: Vec<TableColumn>,
}

/// The header of a column, whether it is text, and its rank as in [`TableColumn`].
pub(super) type Header = (&'static str, bool, u8);

pub(super) fn columns(headers: &[Header], rows: &[Vec<String>]) -> Vec<TableColumn> {
    let headers = headers.iter().enumerate();
    let columns = headers.map(|(index, (header, is_text, rank))| TableColumn {
        header: (*header).to_owned(),
        is_text: *is_text,
        rank: *rank,
        values: rows.iter().map(|row| row[index].clone()).collect(),
    });
    columns.collect()
}

pub(super) fn or_blank(value: Option<String>) -> String {
    value.unwrap_or_else(|| BLANK.to_owned())
}

pub(super) fn micros(us: u64) -> String {
    HumanDuration::from_micros(us).to_string()
}

/// The table of every report: latencies by kind. Percentiles that the sample does not support are blank; without any, they
/// are no column.
pub(super) fn latencies(result: &LoadResult) -> Vec<TableColumn> {
    let figures = &result.figures;
    let mut rows = vec![latency_row("response time", &figures.response_time)];
    if result.asked.model.is_known() || figures.service_time.count > 0 {
        rows.push(latency_row("service time", &figures.service_time));
    }
    if figures.failed > 0 {
        rows.push(latency_row(
            "failed requests",
            &figures.failed_response_time,
        ));
    }
    if result.asked.model.is_open() {
        rows.push(latency_row("lateness of starts", &figures.lateness));
    }
    let headers = [
        ("", true, 0),
        ("mean", false, 4),
        ("p50", false, 0),
        ("p75", false, 7),
        ("p90", false, 3),
        ("p95", false, 6),
        ("p99", false, 0),
        ("p99.9", false, 2),
        ("p99.99", false, 5),
        ("max", false, 1),
    ];
    let mut columns = columns(&headers, &rows);
    columns.retain(|column| column.rank == 0 || column.values.iter().any(|value| value != BLANK));
    columns
}

fn latency_row(name: &str, latencies: &LatencyFigures) -> Vec<String> {
    let percentiles = latencies
        .percentiles()
        .map(|(_, one)| or_blank(one.map(percentile)));
    let mut row = vec![name.to_owned(), or_blank(mean(latencies))];
    row.extend(percentiles);
    row.push(or_blank(maximum(latencies)));
    row
}

/// The measured loads of a search, in rising order.
pub(super) fn curve(result: &LoadResult) -> Option<LoadTable> {
    let search = result.search.as_ref()?;
    let mut points: Vec<&SearchPoint> = search.curve.iter().collect();
    points.sort_by(|one, other| one.asked.total_cmp(&other.asked));
    let row = |point: &&SearchPoint| {
        vec![
            search.variable.describe(point.asked),
            format!("{}/s", grouped_rate(point.requests_per_s)),
            or_blank(point.p50.map(percentile)),
            or_blank(point.p99.map(percentile)),
            visible_percent(point.error_share),
            micros(point.window_us),
            point.phase.to_string(),
            point.status.to_string(),
            point.validity.to_string(),
        ]
    };
    let rows: Vec<_> = points.iter().map(row).collect();
    let headers = [
        ("asked", false, 0),
        ("reached", false, 0),
        ("p50", false, 1),
        ("p99", false, 0),
        ("errors", false, 0),
        ("for", false, 3),
        ("step", true, 4),
        ("condition", true, 0),
        ("verdict", true, 2),
    ];
    Some(LoadTable {
        title: format!(
            "Measured loads, and whether they meet `{}`",
            search.condition
        ),
        columns: columns(&headers, &rows),
    })
}
