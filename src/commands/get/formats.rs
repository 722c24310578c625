//! The output formats of `get`: totals as text, or the totals and downloads as JSON or CSV.

use super::result::GetResult;
use crate::output;
use anyhow::Result;
use clap::ValueEnum;
use flagpole_protocol::LatencyStats;
use serde_json::{Map, Value, json};
use std::time::Duration;

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum GetFormat {
    /// Totals: downloads, errors, elapsed time
    Text,
    /// One document: totals, and the final attempt of each download
    Json,
    /// One line per download: its final attempt, total bytes, number of attempts
    Csv,
}

impl GetFormat {
    pub(super) fn write(self, result: &GetResult<'_>) -> anyhow::Result<String> {
        match self {
            GetFormat::Text => Ok(result.text()),
            GetFormat::Json => json(result),
            GetFormat::Csv => csv(result),
        }
    }
}

fn json(result: &GetResult<'_>) -> Result<String> {
    let stats = result.stats;
    let outcomes = stats.outcomes.iter().map(|(label, count)| {
        let counts = json!({ "attempts": count.attempts, "downloads": count.downloads });
        (label.to_string(), counts)
    });
    let final_attempts: Vec<_> = result.downloads.finished().map(|(_, end)| end).collect();
    let document = json!({
        "schema": "flagpole.get/2",
        "elapsed_us": micros(result.elapsed),
        "downloads": {
            "ok": result.downloaded(),
            "not_modified": result.not_modified(),
            "not_found": stats.not_found,
            "error": stats.error,
            "unfinished": stats.unfinished(),
            "unstarted": result.unstarted(),
        },
        "attempts": {
            "total": stats.attempts(),
            "per_download": result.attempts_per_download(),
            "retries": stats.retries,
            "hedges": stats.hedges,
            "redirects": stats.redirects,
        },
        "circuit_openings": stats.circuit_openings,
        "bytes": stats.bytes,
        "wasted_bytes": stats.wasted_bytes,
        "backoff_us": micros(stats.backoff),
        "outcomes": outcomes.collect::<Map<_, _>>(),
        "response_time": percentiles(&stats.response_time),
        "service_time": percentiles(&stats.service_time),
        "final_attempts": final_attempts,
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn csv(result: &GetResult<'_>) -> Result<String> {
    let rows = result.downloads.finished().map(|(download, record)| {
        (
            record.resource.name(),
            record.outcome.label(),
            record.status,
            download.bytes,
            download.attempts,
            micros(record.due),
            micros(record.sent),
            micros(record.done),
        )
    });
    let header = "code,outcome,status,bytes,attempts,due_us,sent_us,done_us";
    output::csv(header, rows)
}

fn percentiles(latencies: &LatencyStats) -> Value {
    let at = |quantile| latencies.quantile(quantile).map(micros);
    json!({
        "p50_us": at(0.5),
        "p90_us": at(0.9),
        "p99_us": at(0.99),
        "max_us": latencies.max().map(micros),
    })
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
