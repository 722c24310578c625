//! `csv`: a line for each strategy and combination of conditions, as in RFC 4180 but with LF line ends.

use super::format::{Report, ReportOptions};
use crate::comparison::{Cell, Comparison, StrategyResult};
use crate::csv_value::csv_value;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{Result, Write};

pub(super) struct CsvReport;

/// The headers before those of latencies, and where the values are in the object of a row.
const FIRST_COLUMNS: &str = "\
strategy /strategy/name
concurrency /strategy/concurrency
rounds /strategy/rounds
wall_us /strategy/wall_us/mean
wall_median_us /strategy/wall_us/median
wall_min_us /strategy/wall_us/min
wall_max_us /strategy/wall_us/max
reference /reference
ratio /ratio/ratio
ratio_low /ratio/confidence_interval/0
ratio_high /ratio/confidence_interval/1
comparisons /ratio/comparisons
minimum_detectable_effect /ratio/minimum_detectable_effect
goodput_per_s /strategy/goodput_per_s
requests_per_s /strategy/requests_per_s
bound_us /strategy/bound_us
critical_path_us /strategy/bottleneck/terms/critical_path_us
even_split_us /strategy/bottleneck/terms/even_split_us
packing_us /strategy/bottleneck/terms/packing_us
server_concurrency_limit_us /strategy/bottleneck/terms/server_concurrency_limit_us
server_rate_limit_us /strategy/bottleneck/terms/server_rate_limit_us
server_bandwidth_us /strategy/bottleneck/terms/server_bandwidth_us
connection_pauses_us /strategy/bottleneck/terms/connection_pauses_us
includes_backoff_us /strategy/bottleneck/terms/includes_backoff_us
includes_pacing_us /strategy/bottleneck/terms/includes_pacing_us
includes_head_pacing_us /strategy/bottleneck/terms/includes_head_pacing_us
efficiency /strategy/efficiency";

/// The latencies: the start of their headers, and where they are in the result of a strategy.
const LATENCIES: &[(&str, &str)] = &[
    ("download_time", "download_time/succeeded"),
    ("failed_download_time", "download_time/failed"),
    ("response_time", "response_time/succeeded"),
    ("failed_response_time", "response_time/failed"),
    ("service_time", "service_time/succeeded"),
    ("failed_service_time", "service_time/failed"),
];

/// The percentiles of each of them, with the ends of their confidence intervals.
const PERCENTILES: &[&str] = &["p50", "p90", "p95", "p99", "p99_9"];

/// The headers after those of latencies.
const LAST_COLUMNS: &str = "\
ok /strategy/ok
not_found /strategy/not_found
error /strategy/error
unstarted /strategy/unstarted
attempts /strategy/attempts
retries /strategy/retries
hedges /strategy/hedges
fates_compared /strategy/fates_compared
timing_dependent /strategy/timing_dependent
cpu_user_us /strategy/resource_usage/cpu_user_us
cpu_system_us /strategy/resource_usage/cpu_system_us
peak_memory_kib /strategy/resource_usage/peak_memory_kib
peak_threads /strategy/resource_usage/peak_threads
voluntary_context_switches /strategy/resource_usage/voluntary_context_switches
involuntary_context_switches /strategy/resource_usage/involuntary_context_switches
lost_us /strategy/lost_us
process_us /strategy/program/process_us/mean
failed_exits /failed_exits
max_in_flight /strategy/program/max_in_flight
duplicates /strategy/program/duplicates
concurrent_repeats /strategy/program/concurrent_repeats
unasked_retries /strategy/program/unasked_retries
not_requested /strategy/program/not_requested
other_requests /strategy/program/other_requests
wall_measured_at /wall_measured_at
fates_digest /strategy/fates_digest
bodies_digest /strategy/bodies_digest
bottleneck /strategy/bottleneck/kind
stalled_rounds /strategy/stalled_rounds
repeated_rounds /repeated_rounds
reasons /reasons
verdict /verdict";

impl Report for CsvReport {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn write(
        &self,
        comparison: &Comparison,
        _: ReportOptions<'_>,
        out: &mut dyn Write,
    ) -> Result<()> {
        let mut csv = csv::Writer::from_writer(out);
        let (names, columns) = (condition_names(comparison), columns());
        let headers = columns.iter().map(|(header, _)| &header[..]);
        csv.write_record(names.iter().copied().chain(headers))?;
        for cell in &comparison.cells {
            for strategy in &cell.strategies {
                let row = row(cell, strategy);
                let conditions = names.iter().map(|name| cell.condition(name).to_owned());
                let values = columns
                    .iter()
                    .map(|(_, place)| csv_value(row.pointer(place)));
                csv.write_record(conditions.chain(values))?;
            }
        }
        csv.flush()
    }
}

/// Every header with the place of its value in the object of a row.
fn columns() -> Vec<(String, String)> {
    let fixed = |lines: &'static str| {
        let columns = lines.lines().filter_map(|line| line.split_once(' '));
        columns.map(|(header, place)| (header.to_owned(), place.to_owned()))
    };
    let latencies = LATENCIES
        .iter()
        .flat_map(|(name, place)| latency_columns(name, place));
    fixed(FIRST_COLUMNS)
        .chain(latencies)
        .chain(fixed(LAST_COLUMNS))
        .collect()
}

fn latency_columns(name: &str, place: &str) -> Vec<(String, String)> {
    let column = |header: &str, value: &str| {
        (
            format!("{name}_{header}"),
            format!("/strategy/{place}/{value}"),
        )
    };
    let mut columns = vec![
        column("count", "count"),
        column("independent", "independent"),
    ];
    for percentile in PERCENTILES {
        columns.push(column(
            &format!("{percentile}_us"),
            &format!("{percentile}/us"),
        ));
        for (index, end) in ["low", "high"].iter().enumerate() {
            let value = format!("{percentile}/interval_us/{index}");
            columns.push(column(&format!("{percentile}_{end}_us"), &value));
        }
    }
    columns.push(column("max_us", "max_us"));
    columns
}

/// What the columns show of a strategy in a cell.
fn row(cell: &Cell, strategy: &StrategyResult) -> Value {
    let reference = cell.reference.as_deref();
    let repeated: BTreeSet<_> = cell
        .repeated_rounds
        .iter()
        .map(|repeated| repeated.round)
        .collect();
    let labels: BTreeSet<_> = cell
        .verdict
        .reasons
        .iter()
        .map(|reason| &reason.label[..])
        .collect();
    json!({
        "strategy": strategy,
        "reference": reference,
        "ratio": reference.and_then(|reference| strategy.ratio_to(reference)),
        "failed_exits": strategy.program.as_ref().map(|program| {
            program.behaviour.failures().map(|(_, count)| count).sum::<u64>()
        }),
        "wall_measured_at": cell.wall_measured_at,
        "repeated_rounds": repeated.len(),
        "reasons": labels.into_iter().collect::<Vec<_>>().join(" "),
        "verdict": cell.verdict.validity,
    })
}

/// The names of all conditions, each once.
fn condition_names(comparison: &Comparison) -> Vec<&str> {
    let mut names = Vec::new();
    for (name, _) in comparison.cells.iter().flat_map(|cell| &cell.conditions) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}
