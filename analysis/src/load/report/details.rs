//! The tables of the details (`-v`).

use super::sentences::{maximum, percentile};
use super::tables::{BLANK, LoadTable, columns, micros, or_blank};
use crate::human::{HumanDuration, grouped, visible_percent};
use crate::load::histogram::HistogramBucket;
use crate::load::result::LoadResult;
use crate::load::second::LoadSecond;

/// The most rows of a table over time.
const MAX_ROWS: usize = 60;
/// The length of the longest bar of a histogram.
const BAR: usize = 40;

/// The tables of the details (`-v`).
pub(super) fn tables(result: &LoadResult) -> Vec<LoadTable> {
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
            visible_percent(below as f64 / total as f64),
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

/// A bar in proportion to a count, in whole characters; a dot for less than one.
fn bar(count: u64, most: u64) -> String {
    let length = u128::from(count) * BAR as u128 / u128::from(most.max(1));
    match usize::try_from(length).unwrap_or(BAR) {
        0 => ".".to_owned(),
        length => "#".repeat(length),
    }
}

fn parts(result: &LoadResult) -> Option<LoadTable> {
    let figures = &result.figures;
    let mut rows = Vec::new();
    for (name, part) in figures.parts.named() {
        rows.push(vec![
            name.to_owned(),
            grouped(part.count),
            HumanDuration::from_mean(part.mean_us).to_string(),
            visible_percent(part.share),
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
        visible_percent(1.0),
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
    let is_measured = figures.parts.named().iter().any(|(_, part)| part.count > 0);
    (figures.succeeded > 0 && is_measured).then(|| LoadTable {
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
            visible_percent(one.share),
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
    columns.retain(|column| result.asked.model.is_known() || column.header != "in flight");
    (!rows.is_empty()).then_some(LoadTable { title, columns })
}
