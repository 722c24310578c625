//! The tables for people, whatever the format.

use super::conditions::varying;
use crate::comparison::{Cell, Comparison, StrategyResult};
use crate::human::HumanDuration;
use std::time::Duration;

/// A table: headers and rows. The first columns are text, the others numbers.
pub(super) struct TableContent {
    pub(super) headers: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// The number of columns with text.
    pub(super) text_columns: usize,
}

/// The header of a column and its value for a strategy.
type TableColumn = (&'static str, fn(&StrategyResult) -> String);

const FIGURES: &[TableColumn] = &[
    ("strategy", |one| one.name.clone()),
    ("concurrency", |one| one.concurrency.to_string()),
    ("wall", |one| micros(one.wall_us.median)),
    ("speed-up", |one| {
        let speedup = one.speedup.as_ref();
        or_dash(speedup.map(|speedup| format!("{:.2}x", speedup.ratio)))
    }),
    ("lower bound", |one| or_dash(one.bound_us.map(micros))),
    ("efficiency", |one| or_dash(one.efficiency.map(percent))),
    ("p50", |one| or_dash(one.response_time_us.p50.map(micros))),
    ("p99", |one| or_dash(one.response_time_us.p99.map(micros))),
    ("ok", |one| one.ok.to_string()),
    ("not found", |one| one.not_found.to_string()),
    ("error", |one| one.error.to_string()),
];

/// Shown with several rounds, but too few for a confidence interval.
const RANGE: TableColumn = ("range", |one| {
    format!("{} to {}", micros(one.wall_us.min), micros(one.wall_us.max))
});

/// Shown with enough rounds.
const CONFIDENCE_INTERVAL: TableColumn = ("95% CI", |one| {
    or_dash(speedup_interval(one).map(|[low, high]| format!("{low:.2} to {high:.2}")))
});

const COSTS: &[TableColumn] = &[
    ("strategy", |one| one.name.clone()),
    ("CPU", |one| micros(one.resource_usage.cpu_us())),
    ("user", |one| micros(one.resource_usage.cpu_user_us)),
    ("system", |one| micros(one.resource_usage.cpu_system_us)),
    ("peak memory", |one| {
        let kib = one.resource_usage.peak_memory_kib;
        format!("{:.1} MiB", kib as f64 / 1024.0)
    }),
    ("threads", |one| one.resource_usage.peak_threads.to_string()),
    ("vol. switches", |one| {
        one.resource_usage.voluntary_context_switches.to_string()
    }),
    ("invol. switches", |one| {
        one.resource_usage.involuntary_context_switches.to_string()
    }),
    ("attempts", |one| one.attempts.to_string()),
];

/// A column that is shown only if this condition holds for a strategy.
type OptionalColumn = (TableColumn, fn(&StrategyResult) -> bool);

const OPTIONAL_COSTS: &[OptionalColumn] = &[
    (("retries", |one| one.retries.to_string()), |one| {
        one.retries > 0
    }),
    (("hedges", |one| one.hedges.to_string()), |one| {
        one.hedges > 0
    }),
    (
        ("fates compared", |one| one.fates_compared.to_string()),
        |one| one.timing_dependent > 0,
    ),
    (
        ("timing-dependent", |one| one.timing_dependent.to_string()),
        |one| one.timing_dependent > 0,
    ),
];

const FATES_DIGEST: TableColumn = ("fates digest", |one| or_dash(one.fates_digest.clone()));

/// The figures in a table of several cells.
const COMPACT: [&str; 9] = [
    "strategy",
    "concurrency",
    "wall",
    "speed-up",
    "95% CI",
    "lower bound",
    "efficiency",
    "p99",
    "error",
];

/// The figures of one cell.
pub(super) fn figures(cell: &Cell) -> TableContent {
    let mut columns = FIGURES.to_vec();
    if cell
        .strategies
        .iter()
        .any(|one| speedup_interval(one).is_some())
    {
        columns.insert(4, CONFIDENCE_INTERVAL);
    } else if cell.rounds > 1 {
        columns.insert(3, RANGE);
    }
    table(&columns, &cell.strategies)
}

/// The costs of one cell.
pub(super) fn costs(cell: &Cell) -> TableContent {
    let strategies: Vec<_> = cell.strategies.iter().collect();
    table(&cost_columns(&strategies), &cell.strategies)
}

/// The figures of all cells, after the conditions in which they differ.
pub(super) fn all_figures(comparison: &Comparison) -> TableContent {
    let known = || FIGURES.iter().chain([&CONFIDENCE_INTERVAL]);
    let named = |name: &&str| known().find(|(header, _)| header == name).copied();
    let columns: Vec<TableColumn> = COMPACT.iter().filter_map(named).collect();
    grid(comparison, &columns)
}

/// The costs of all cells, after the conditions in which they differ.
pub(super) fn all_costs(comparison: &Comparison) -> TableContent {
    let strategies: Vec<&StrategyResult> = (comparison.cells.iter())
        .flat_map(|cell| &cell.strategies)
        .collect();
    grid(comparison, &cost_columns(&strategies))
}

fn cost_columns(strategies: &[&StrategyResult]) -> Vec<TableColumn> {
    let is_shown = |&&(_, says_something): &&OptionalColumn| {
        strategies.iter().any(|strategy| says_something(strategy))
    };
    let optional = OPTIONAL_COSTS.iter().filter(is_shown);
    let optional = optional.map(|(column, _)| *column);
    let fixed = COSTS.iter().copied();
    fixed.chain(optional).chain([FATES_DIGEST]).collect()
}

fn table(columns: &[TableColumn], strategies: &[StrategyResult]) -> TableContent {
    TableContent {
        headers: headers(columns).collect(),
        rows: strategies
            .iter()
            .map(|one| values(columns, one).collect())
            .collect(),
        text_columns: 1,
    }
}

fn grid(comparison: &Comparison, columns: &[TableColumn]) -> TableContent {
    let varying = varying(comparison);
    let rows = comparison.cells.iter().flat_map(|cell| {
        let conditions = varying.iter().map(|name| cell.condition(name).to_owned());
        let conditions: Vec<_> = conditions.collect();
        let strategies = cell.strategies.iter();
        strategies.map(move |one| conditions.clone().into_iter().chain(values(columns, one)))
    });
    TableContent {
        rows: rows.map(Iterator::collect).collect(),
        headers: varying.iter().cloned().chain(headers(columns)).collect(),
        text_columns: varying.len() + 1,
    }
}

fn headers(columns: &[TableColumn]) -> impl Iterator<Item = String> {
    columns.iter().map(|(header, _)| (*header).to_owned())
}

fn values(columns: &[TableColumn], strategy: &StrategyResult) -> impl Iterator<Item = String> {
    columns.iter().map(|(_, value)| value(strategy))
}

fn speedup_interval(strategy: &StrategyResult) -> Option<[f64; 2]> {
    strategy.speedup.as_ref()?.confidence_interval
}

/// Microseconds for people.
pub(super) fn micros(micros: u64) -> String {
    HumanDuration(Duration::from_micros(micros)).to_string()
}

/// A share of 1 as a percentage.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".into())
}
