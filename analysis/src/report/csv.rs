//! `csv`: a line for each strategy and combination of conditions, as in RFC 4180 but with LF line ends.

use super::format::{Report, ReportOptions};
use crate::comparison::Comparison;
use serde_json::Value;
use std::io::{Result, Write};

pub(super) struct CsvReport;

/// The headers, and where the values are in the JSON of a strategy.
const COLUMNS: &str = "\
strategy /name
concurrency /concurrency
rounds /rounds
wall_us /wall_us/mean
wall_median_us /wall_us/median
wall_min_us /wall_us/min
wall_max_us /wall_us/max
goodput_per_s /goodput_per_s
requests_per_s /requests_per_s
bound_us /bound_us
critical_path_us /bottleneck/terms/critical_path_us
even_split_us /bottleneck/terms/even_split_us
packing_us /bottleneck/terms/packing_us
server_concurrency_limit_us /bottleneck/terms/server_concurrency_limit_us
server_rate_limit_us /bottleneck/terms/server_rate_limit_us
connection_pauses_us /bottleneck/terms/connection_pauses_us
includes_backoff_us /bottleneck/terms/includes_backoff_us
includes_pacing_us /bottleneck/terms/includes_pacing_us
includes_head_pacing_us /bottleneck/terms/includes_head_pacing_us
efficiency /efficiency
download_p50_us /download_time/succeeded/p50/us
download_p99_us /download_time/succeeded/p99/us
response_time_p50_us /response_time/succeeded/p50/us
response_time_p99_us /response_time/succeeded/p99/us
ok /ok
not_found /not_found
error /error
attempts /attempts
retries /retries
hedges /hedges
fates_compared /fates_compared
timing_dependent /timing_dependent
cpu_user_us /resource_usage/cpu_user_us
cpu_system_us /resource_usage/cpu_system_us
peak_memory_kib /resource_usage/peak_memory_kib
peak_threads /resource_usage/peak_threads
voluntary_context_switches /resource_usage/voluntary_context_switches
involuntary_context_switches /resource_usage/involuntary_context_switches
fates_digest /fates_digest
bottleneck /bottleneck/kind";

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
        let names = condition_names(comparison);
        let columns: Vec<_> = COLUMNS
            .lines()
            .filter_map(|line| line.split_once(' '))
            .collect();
        let headers = columns.iter().map(|(header, _)| *header);
        csv.write_record(names.iter().copied().chain(headers).chain(["verdict"]))?;
        for cell in &comparison.cells {
            for strategy in &cell.strategies {
                let values = serde_json::to_value(strategy)?;
                let conditions = names.iter().map(|name| cell.condition(name).to_owned());
                let values = columns.iter().map(|(_, place)| text(values.pointer(place)));
                let verdict = [cell.verdict.validity.to_string()];
                csv.write_record(conditions.chain(values).chain(verdict))?;
            }
        }
        csv.flush()
    }
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

/// A value as text; of a list, its length.
fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(values)) => values.len().to_string(),
        // A whole number has no `.0`.
        Some(Value::Number(number)) if number.is_f64() => {
            number.as_f64().unwrap_or_default().to_string()
        }
        Some(other) => other.to_string(),
    }
}
