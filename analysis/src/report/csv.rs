//! `csv`: a line for each strategy and combination of conditions, as in RFC 4180 but with LF line ends.

use super::format::Report;
use crate::bound::terms::BoundTerms;
use crate::comparison::{Comparison, StrategyResult};
use std::io::{self, Write};

#[derive(Debug)]
pub(super) struct CsvReport;

/// The header of a column and its value for a strategy.
type CsvColumn = (&'static str, fn(&StrategyResult) -> String);

const COLUMNS: &[CsvColumn] = &[
    ("strategy", |one| one.name.clone()),
    ("concurrency", |one| one.concurrency.to_string()),
    ("rounds", |one| one.rounds.len().to_string()),
    ("wall_us", |one| one.wall_us.median.to_string()),
    ("wall_min_us", |one| one.wall_us.min.to_string()),
    ("wall_max_us", |one| one.wall_us.max.to_string()),
    ("speedup", |one| {
        or_empty(one.speedup.as_ref().map(|ratio| ratio.ratio))
    }),
    ("speedup_low", |one| or_empty(speedup_end(one, 0))),
    ("speedup_high", |one| or_empty(speedup_end(one, 1))),
    ("bound_us", |one| or_empty(one.bound_us)),
    ("critical_path_us", |one| {
        term(one, |terms| terms.critical_path_us)
    }),
    ("even_split_us", |one| {
        term(one, |terms| terms.even_split_us)
    }),
    ("packing_us", |one| term(one, |terms| terms.packing_us)),
    ("server_concurrency_limit_us", |one| {
        term(one, |terms| terms.server_concurrency_limit_us)
    }),
    ("server_rate_limit_us", |one| {
        term(one, |terms| terms.server_rate_limit_us)
    }),
    ("includes_backoff_us", |one| {
        term(one, |terms| terms.includes_backoff_us)
    }),
    ("includes_pacing_us", |one| {
        term(one, |terms| terms.includes_pacing_us)
    }),
    ("efficiency", |one| or_empty(one.efficiency)),
    ("response_time_p50_us", |one| {
        or_empty(one.response_time_us.p50)
    }),
    ("response_time_p99_us", |one| {
        or_empty(one.response_time_us.p99)
    }),
    ("ok", |one| one.ok.to_string()),
    ("not_found", |one| one.not_found.to_string()),
    ("error", |one| one.error.to_string()),
    ("attempts", |one| one.attempts.to_string()),
    ("retries", |one| one.retries.to_string()),
    ("hedges", |one| one.hedges.to_string()),
    ("fates_compared", |one| one.fates_compared.to_string()),
    ("timing_dependent", |one| one.timing_dependent.to_string()),
    ("cpu_user_us", |one| {
        one.resource_usage.cpu_user_us.to_string()
    }),
    ("cpu_system_us", |one| {
        one.resource_usage.cpu_system_us.to_string()
    }),
    ("peak_memory_kib", |one| {
        one.resource_usage.peak_memory_kib.to_string()
    }),
    ("peak_threads", |one| {
        one.resource_usage.peak_threads.to_string()
    }),
    ("voluntary_context_switches", |one| {
        one.resource_usage.voluntary_context_switches.to_string()
    }),
    ("involuntary_context_switches", |one| {
        one.resource_usage.involuntary_context_switches.to_string()
    }),
    ("fates_digest", |one| or_empty(one.fates_digest.as_ref())),
    ("bottleneck", |one| {
        or_empty(one.bottleneck.as_ref().map(|found| found.kind.label()))
    }),
];

impl Report for CsvReport {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn write(&self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
        let names = condition_names(comparison);
        let columns = COLUMNS.iter().map(|(header, _)| *header);
        let headers = names.iter().copied().chain(columns).chain(["verdict"]);
        write_line(headers.map(quoted), out)?;
        for cell in &comparison.cells {
            for strategy in &cell.strategies {
                let conditions = names.iter().map(|name| quoted(cell.condition(name)));
                let values = COLUMNS.iter().map(|(_, value)| quoted(&value(strategy)));
                let verdict = [cell.verdict.validity.to_string()];
                write_line(conditions.chain(values).chain(verdict), out)?;
            }
        }
        Ok(())
    }
}

fn write_line(values: impl Iterator<Item = String>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", values.collect::<Vec<_>>().join(","))
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

fn speedup_end(strategy: &StrategyResult, end: usize) -> Option<f64> {
    Some(strategy.speedup.as_ref()?.confidence_interval?[end])
}

/// A term of the lower bound of the median round.
fn term(strategy: &StrategyResult, term: fn(&BoundTerms) -> u64) -> String {
    let terms = strategy.bottleneck.as_ref().and_then(|found| found.terms);
    or_empty(terms.map(|terms| term(&terms)))
}

fn or_empty(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// The value, in quotes if a comma, a quote or a line end requires them.
fn quoted(value: &str) -> String {
    if value.contains([',', '"', '\n']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::test_comparison::comparison;

    #[test]
    fn every_line_has_a_value_for_each_header() {
        let mut text = Vec::new();
        CsvReport.write(&comparison(), &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let count = |line: &str| line.split(',').count();
        let mut lines = text.lines();
        let headers = lines.next().unwrap();
        assert!(
            headers.starts_with("latency,strategy,concurrency,"),
            "{text}"
        );
        assert_eq!(lines.clone().count(), 2);
        assert!(lines.all(|line| count(line) == count(headers)), "{text}");
    }

    #[test]
    fn values_with_commas_and_quotes_are_quoted() {
        let latency = "lognormal:p50=5ms,p99=9ms";
        assert_eq!(quoted(latency), format!("\"{latency}\""));
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
