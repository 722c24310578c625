//! `csv`: a line for the run, one for each step of a search, for each process of a merged load, and for each second, as in RFC 4180 but with LF line ends.
//! The first column says what a line is about, so that `run` compares runs and `second` draws a diagram. What a line does
//! not have is empty.

use super::format::LoadReport;
use super::processes;
use crate::csv_value::csv_value;
use crate::load::result::LoadResult;
use crate::report::ReportOptions;
use serde_json::{Value, json};
use std::io::{Result, Write};

pub(super) struct LoadCsv;

/// The headers, and where the values are in the document of a line.
const COLUMNS: &str = "\
scope /scope
start_us /start_us
window_us /figures/window_us
asked /asked
asked_per_s /figures/asked_per_s
requests_per_s /figures/requests_per_s
goodput_per_s /figures/goodput_per_s
bytes_per_s /figures/bytes_per_s
requests /figures/requests
succeeded /figures/succeeded
failed /figures/failed
unfinished /figures/unfinished
error_share /error_share
in_flight /in_flight
queued /queued
connections /figures/connections
response_time_mean_us /figures/response_time/mean_us
response_time_p50_us /figures/response_time/p50/us
response_time_p75_us /figures/response_time/p75/us
response_time_p90_us /figures/response_time/p90/us
response_time_p95_us /figures/response_time/p95/us
response_time_p99_us /figures/response_time/p99/us
response_time_p99_9_us /figures/response_time/p99_9/us
response_time_p99_99_us /figures/response_time/p99_99/us
response_time_max_us /figures/response_time/max_us
service_time_p50_us /figures/service_time/p50/us
service_time_p99_us /figures/service_time/p99/us
service_time_max_us /figures/service_time/max_us
failed_response_time_p50_us /figures/failed_response_time/p50/us
lateness_p50_us /figures/lateness/p50/us
lateness_p99_us /figures/lateness/p99/us
condition /condition
reasons /reasons
verdict /verdict
process /process";

impl LoadReport for LoadCsv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn write(&self, result: &LoadResult, _: ReportOptions<'_>, out: &mut dyn Write) -> Result<()> {
        let mut csv = csv::Writer::from_writer(out);
        let columns: Vec<_> = COLUMNS
            .lines()
            .filter_map(|line| line.split_once(' '))
            .collect();
        csv.write_record(columns.iter().map(|(header, _)| header))?;
        for line in lines(result) {
            csv.write_record(
                columns
                    .iter()
                    .map(|(_, place)| csv_value(line.pointer(place))),
            )?;
        }
        csv.flush()
    }
}

fn lines(result: &LoadResult) -> Vec<Value> {
    let labels = result
        .verdict
        .reasons
        .iter()
        .map(|reason| &reason.label[..]);
    let run = json!({
        "scope": "run",
        "figures": result.figures,
        "error_share": result.figures.error_share(),
        "in_flight": result.in_flight.mean,
        "reasons": labels.collect::<Vec<_>>().join(" "),
        "verdict": result.verdict.validity,
    });
    let steps = result
        .search
        .iter()
        .flat_map(|search| &search.curve)
        .map(|point| {
            json!({
                "scope": "step",
                "asked": point.asked,
                "figures": {
                    "window_us": point.window_us,
                    "requests_per_s": point.requests_per_s,
                    "response_time": { "p50": point.p50, "p99": point.p99 },
                },
                "error_share": point.error_share,
                "condition": point.status,
                "verdict": point.validity,
            })
        });
    let processes = result.processes.iter().map(|process| {
        let reasons = processes::labels(process);
        json!({
            "scope": "process",
            "start_us": process.starts_at_s * 1_000_000,
            "figures": {
                "window_us": process.window_us,
                "asked_per_s": process.asked_per_s,
                "requests_per_s": process.requests_per_s,
                "requests": process.requests,
                "failed": process.failed,
                "unfinished": process.unfinished,
                "response_time": {
                    "p50": { "us": process.p50_us },
                    "p99": { "us": process.p99_us },
                    "max_us": process.max_us,
                },
                "lateness": { "p99": { "us": process.lateness_p99_us } },
            },
            "reasons": reasons.join(" "),
            "process": process.process,
        })
    });
    let seconds = result.seconds.iter().map(|second| {
        let per_second = |count: u64| count as f64 * 1e6 / second.length_us.max(1) as f64;
        json!({
            "scope": "second",
            "start_us": second.start_us,
            "figures": {
                "window_us": second.length_us,
                "asked_per_s": second.due.map(per_second),
                "requests_per_s": per_second(second.ended),
                "goodput_per_s": per_second(second.succeeded),
                "bytes_per_s": per_second(second.bytes),
                "requests": second.ended,
                "succeeded": second.succeeded,
                "failed": second.failures(),
                "response_time": {
                    "p50": { "us": second.p50_us },
                    "p90": { "us": second.p90_us },
                    "p99": { "us": second.p99_us },
                    "max_us": second.max_us,
                },
            },
            "in_flight": second.in_flight,
            "queued": second.queued,
        })
    });
    let parts = steps.chain(processes).chain(seconds);
    std::iter::once(run).chain(parts).collect()
}
