//! The tables of a report.

use super::sentences::{maximum, mean, percentile};
use crate::human::{HumanDuration, grouped, grouped_rate, percent};
use crate::load::histogram::HistogramBucket;
use crate::load::latency_figures::LatencyFigures;
use crate::load::result::LoadResult;
use crate::load::search_result::SearchPoint;
use crate::load::second::LoadSecond;
use crate::report::layout::TableColumn;

/// The most rows of a table over time.
const MAX_ROWS: usize = 60;
/// The length of the longest bar of a histogram.
const BAR: usize = 40;
/// What stands in a row without a value.
const BLANK: &str = "-";

/// A table with its title.
pub(super) struct LoadTable {
    pub(super) title: String,
    pub(super) columns: Vec<TableColumn>,
}

/// The header of a column, whether it is text, and its rank as in [`TableColumn`].
type Header = (&'static str, bool, u8);

fn columns(headers: &[Header], rows: &[Vec<String>]) -> Vec<TableColumn> {
    let headers = headers.iter().enumerate();
    let columns = headers.map(|(index, (header, is_text, rank))| TableColumn {
        header: (*header).to_owned(),
        is_text: *is_text,
        rank: *rank,
        values: rows.iter().map(|row| row[index].clone()).collect(),
    });
    columns.collect()
}

fn or_blank(value: Option<String>) -> String {
    value.unwrap_or_else(|| BLANK.to_owned())
}

fn micros(us: u64) -> String {
    HumanDuration::from_micros(us).to_string()
}

/// The table of every report: latencies by kind. Percentiles that the sample does not support are blank; without any, they
/// are no column.
pub(super) fn latencies(result: &LoadResult) -> Vec<TableColumn> {
    let figures = &result.figures;
    let mut rows = vec![
        latency_row("response time", &figures.response_time),
        latency_row("service time", &figures.service_time),
    ];
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
            percent(point.error_share),
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

/// The tables of the details (`-v`).
pub(super) fn details(result: &LoadResult) -> Vec<LoadTable> {
    let tables = [
        histogram(result),
        parts(result),
        outcomes(result),
        seconds(result),
    ];
    tables.into_iter().flatten().collect()
}

fn histogram(result: &LoadResult) -> Option<LoadTable> {
    let most = result.histogram.iter().map(|bucket| bucket.count).max()?;
    let total: u64 = result.histogram.iter().map(|bucket| bucket.count).sum();
    let mut below = 0;
    let row = |bucket: &HistogramBucket| {
        below += bucket.count;
        vec![
            micros(bucket.from_us),
            micros(bucket.to_us),
            grouped(bucket.count),
            percent(below as f64 / total as f64),
            bar(bucket.count, most),
        ]
    };
    let rows: Vec<_> = result.histogram.iter().map(row).collect();
    let headers = [
        ("from", false, 0),
        ("to", false, 0),
        ("requests", false, 0),
        ("up to here", false, 1),
        ("", true, 0),
    ];
    let unfinished = if result.figures.unfinished > 0 {
        ", and of unfinished ones, which took longer"
    } else {
        ""
    };
    Some(LoadTable {
        title: format!("Response times of successful requests{unfinished}"),
        columns: columns(&headers, &rows),
    })
}

/// A bar in proportion to a count; whole characters, at least one.
fn bar(count: u64, most: u64) -> String {
    let length = u128::from(count) * BAR as u128 / u128::from(most.max(1));
    "#".repeat(
        usize::try_from(length)
            .unwrap_or(BAR)
            .max(usize::from(count > 0)),
    )
}

fn parts(result: &LoadResult) -> Option<LoadTable> {
    let figures = &result.figures;
    let mut rows = Vec::new();
    for (name, part) in figures.parts.named() {
        rows.push(vec![
            name.to_owned(),
            grouped(part.count),
            HumanDuration::from_mean(part.mean_us).to_string(),
            percent(part.share),
            or_blank(part.p50_us.map(micros)),
            or_blank(part.p99_us.map(micros)),
        ]);
    }
    let total: f64 = figures
        .parts
        .named()
        .iter()
        .map(|(_, part)| part.mean_us)
        .sum();
    let total = HumanDuration::from_mean(total).to_string();
    let blank = || BLANK.to_owned();
    rows.push(vec![
        "all".to_owned(),
        grouped(figures.succeeded),
        total,
        percent(1.0),
        blank(),
        blank(),
    ]);
    let headers = [
        ("part", true, 0),
        ("requests", false, 0),
        ("mean", false, 0),
        ("share", false, 0),
        ("p50", false, 0),
        ("p99", false, 0),
    ];
    (figures.succeeded > 0).then(|| LoadTable {
        title: "Parts of the response times of successful requests; the means add up".to_owned(),
        columns: columns(&headers, &rows),
    })
}

fn outcomes(result: &LoadResult) -> Option<LoadTable> {
    let rows = result.figures.outcomes.iter().map(|one| {
        let latencies = &one.response_time;
        vec![
            one.reason.clone(),
            grouped(one.count),
            percent(one.share),
            or_blank(latencies.p50.map(percentile)),
            or_blank(latencies.p99.map(percentile)),
            or_blank(maximum(latencies)),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let headers = [
        ("outcome", true, 0),
        ("requests", false, 0),
        ("share", false, 0),
        ("p50", false, 0),
        ("p99", false, 0),
        ("max", false, 1),
    ];
    (rows.len() > 1).then(|| LoadTable {
        title: "Requests by outcome; response times of each".to_owned(),
        columns: columns(&headers, &rows),
    })
}

fn seconds(result: &LoadResult) -> Option<LoadTable> {
    let every = result.seconds.len().div_ceil(MAX_ROWS).max(1);
    let row = |second: &LoadSecond| {
        vec![
            (second.start_us / 1_000_000).to_string(),
            or_blank(second.due.map(grouped)),
            grouped(second.ended),
            grouped(second.failures()),
            or_blank(second.p50_us.map(micros)),
            or_blank(second.p99_us.map(micros)),
            or_blank(second.max_us.map(micros)),
            grouped(second.in_flight),
            grouped(second.queued),
        ]
    };
    let rows: Vec<_> = result.seconds.iter().step_by(every).map(row).collect();
    let headers = [
        ("second", false, 0),
        ("due", false, 1),
        ("ended", false, 0),
        ("failed", false, 0),
        ("p50", false, 0),
        ("p99", false, 0),
        ("max", false, 0),
        ("in flight", false, 2),
        ("queued", false, 3),
    ];
    let title = match every {
        1 => "Second by second; requests count where they ended".to_owned(),
        every => format!("One second of {every}; requests count where they ended"),
    };
    let mut columns = columns(&headers, &rows);
    let is_open = result.asked.model.is_open();
    columns.retain(|column| is_open || !["due", "queued"].contains(&&column.header[..]));
    (!rows.is_empty()).then_some(LoadTable { title, columns })
}
