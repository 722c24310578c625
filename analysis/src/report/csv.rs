//! `csv`: a line for each contender and set of conditions, as RFC 4180 has it but for the line ends.

use super::{Cell, Comparison, Report, StrategyResult};
use crate::bound::terms::BoundTerms;
use flagpole_protocol::as_micros;
use std::io::{self, Write};
use std::time::Duration;

/// The format.
#[derive(Debug)]
pub struct Csv;

/// A column: its head, and what stands in it.
type Column = (&'static str, fn(&StrategyResult) -> String);

const COLUMNS: &[Column] = &[
    ("strategy", |row| row.strategy.clone()),
    ("concurrency", |row| row.concurrency.to_string()),
    ("rounds", |row| row.rounds.len().to_string()),
    ("wall_us", |row| row.wall_us.median.to_string()),
    ("wall_min_us", |row| row.wall_us.min.to_string()),
    ("wall_max_us", |row| row.wall_us.max.to_string()),
    ("speedup", |row| {
        maybe(row.speedup.as_ref().map(|ratio| ratio.ratio))
    }),
    ("speedup_low", |row| maybe(end(row, 0))),
    ("speedup_high", |row| maybe(end(row, 1))),
    ("bound_us", |row| maybe(row.bound_us)),
    ("longest_us", |row| term(row, |terms| terms.critical_path)),
    ("evenly_us", |row| term(row, |terms| terms.even_split)),
    ("sharing_us", |row| term(row, |terms| terms.packing)),
    ("capacity_us", |row| {
        term(row, |terms| terms.server_concurrency_limit)
    }),
    ("rate_limit_us", |row| {
        term(row, |terms| terms.server_rate_limit)
    }),
    ("of_which_backoff_us", |row| {
        term(row, |terms| terms.includes_backoff)
    }),
    ("of_which_paced_us", |row| {
        term(row, |terms| terms.includes_pacing)
    }),
    ("efficiency", |row| maybe(row.efficiency)),
    ("p50_us", |row| maybe(row.from_due_us.p50)),
    ("p99_us", |row| maybe(row.from_due_us.p99)),
    ("ok", |row| row.ok.to_string()),
    ("not_found", |row| row.not_found.to_string()),
    ("error", |row| row.error.to_string()),
    ("attempts", |row| row.attempts.to_string()),
    ("retries", |row| row.retries.to_string()),
    ("hedges", |row| row.hedges.to_string()),
    ("compared", |row| row.compared.to_string()),
    ("apart", |row| row.apart.to_string()),
    ("cpu_user_us", |row| row.cost.cpu_user_us.to_string()),
    ("cpu_system_us", |row| row.cost.cpu_system_us.to_string()),
    ("memory_kib", |row| row.cost.memory_kib.to_string()),
    ("threads", |row| row.cost.threads.to_string()),
    ("switches_voluntary", |row| {
        row.cost.switches_voluntary.to_string()
    }),
    ("switches_involuntary", |row| {
        row.cost.switches_involuntary.to_string()
    }),
    ("fates", |row| maybe(row.fates.as_ref())),
    ("binding", |row| {
        maybe(row.binding.as_ref().map(|binding| &binding.what))
    }),
];

impl Report for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn write(&self, comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
        let names = conditions(comparison);
        let heads = names.iter().map(String::as_str);
        let heads = heads.chain(COLUMNS.iter().map(|(head, _)| *head));
        let heads: Vec<_> = heads.chain(["verdict"]).map(quoted).collect();
        writeln!(out, "{}", heads.join(","))?;
        for cell in &comparison.cells {
            for row in &cell.rows {
                let conditions = names.iter().map(|name| condition(cell, name));
                let figures = COLUMNS.iter().map(|(_, figure)| figure(row));
                let verdict = cell.verdict.validity.clone();
                let values = conditions.chain(figures).chain([verdict]);
                let values: Vec<_> = values.map(|value| quoted(&value)).collect();
                writeln!(out, "{}", values.join(","))?;
            }
        }
        Ok(())
    }
}

/// The names of all conditions, each once.
fn conditions(comparison: &Comparison) -> Vec<String> {
    let mut names = Vec::new();
    for (name, _) in comparison.cells.iter().flat_map(|cell| &cell.conditions) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn condition(cell: &Cell, wanted: &str) -> String {
    let found = cell.conditions.iter().find(|(name, _)| name == wanted);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

fn end(row: &StrategyResult, place: usize) -> Option<f64> {
    Some(row.speedup.as_ref()?.interval?[place])
}

/// A term of the bound, of the median round.
fn term(row: &StrategyResult, of: fn(&BoundTerms) -> Duration) -> String {
    let terms = row.binding.as_ref().and_then(|binding| binding.terms);
    maybe(terms.map(|terms| as_micros(of(&terms))))
}

fn maybe(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// In quotes where a comma, a quote or a line end would be misread.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::comparison;

    #[test]
    fn every_line_has_as_many_values_as_there_are_heads() {
        let mut text = Vec::new();
        Csv.write(&comparison(), &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let count = |line: &str| line.split(',').count();
        let mut lines = text.lines();
        let heads = lines.next().unwrap();
        assert!(heads.starts_with("latency,strategy,concurrency,"), "{text}");
        assert_eq!(lines.clone().count(), 2);
        assert!(lines.all(|line| count(line) == count(heads)), "{text}");
    }

    #[test]
    fn a_comma_in_a_value_is_no_end_of_it() {
        assert_eq!(
            quoted("lognormal:p50=5ms,p99=9ms"),
            "\"lognormal:p50=5ms,p99=9ms\""
        );
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
