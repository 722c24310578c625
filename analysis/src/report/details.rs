//! The tables of the details of a cell (`--verbose`).

use super::layout::TableColumn;
use crate::comparison::{Cell, Latencies, Percentile, StrategyResult};
use crate::human::HumanDuration;

/// CPU time in the kernel is given from this CPU time on: the system counts it in steps of 1 to 10 ms.
const MIN_CPU_US: u64 = 100_000;

/// The headers of a table, each with its value for a strategy.
type DetailColumns = [(&'static str, fn(&StrategyResult) -> Option<String>)];

/// The wall times of the rounds, and the attempts of all rounds.
const ROUNDS: &DetailColumns = &[
    ("concurrency", |one| Some(one.concurrency.to_string())),
    ("median", |one| Some(micros(one.wall_us.median))),
    ("range", |one| {
        Some(format!(
            "{} to {}",
            micros(one.wall_us.min),
            micros(one.wall_us.max)
        ))
    }),
    ("ok", |one| Some(one.ok.to_string())),
    ("not found", |one| positive(one.not_found)),
    ("failed", |one| positive(one.error)),
    ("attempts", |one| Some(one.attempts.to_string())),
    ("retries", |one| positive(one.retries)),
    ("hedges", |one| positive(one.hedges)),
];

/// What a round cost, the median of each figure.
const COSTS: &DetailColumns = &[
    ("CPU", |one| {
        positive(one.resource_usage.cpu_us()).map(|_| cpu(one.resource_usage.cpu_us()))
    }),
    ("in kernel", |one| {
        let (all, system) = (
            one.resource_usage.cpu_us(),
            one.resource_usage.cpu_system_us,
        );
        (all >= MIN_CPU_US).then(|| format!("{:.0}%", 100.0 * system as f64 / all as f64))
    }),
    ("memory", |one| {
        Some(format!(
            "{:.1} MiB",
            one.resource_usage.peak_memory_kib as f64 / 1024.0
        ))
    }),
    ("threads", |one| {
        Some(one.resource_usage.peak_threads.to_string())
    }),
    ("vol. switches", |one| {
        Some(one.resource_usage.voluntary_context_switches.to_string())
    }),
    ("invol. switches", |one| {
        Some(one.resource_usage.involuntary_context_switches.to_string())
    }),
];

/// The title of a table, and the table.
pub(super) struct Detail {
    pub(super) title: &'static str,
    pub(super) columns: Vec<TableColumn>,
}

/// The tables of a cell.
pub(super) fn tables(cell: &Cell) -> Vec<Detail> {
    vec![
        Detail {
            title: "Wall times of the rounds; downloads and attempts of all rounds",
            columns: table(cell, ROUNDS),
        },
        Detail {
            title: "Costs of a round: CPU time, peak memory and threads, context switches",
            columns: table(cell, COSTS),
        },
        Detail {
            title: "Latencies of downloads and attempts, of all rounds",
            columns: latencies(cell),
        },
    ]
}

fn table(cell: &Cell, columns: &DetailColumns) -> Vec<TableColumn> {
    let mut table = vec![column(
        "strategy",
        cell.strategies
            .iter()
            .map(|one| Some(one.name.clone()))
            .collect(),
    )];
    let figures = columns
        .iter()
        .map(|(header, value)| column(header, cell.strategies.iter().map(value).collect()));
    table.extend(figures.filter(|column| column.values.iter().any(|value| value != "-")));
    table
}

fn column(header: &str, values: Vec<Option<String>>) -> TableColumn {
    TableColumn {
        header: header.to_owned(),
        is_text: header == "strategy" || header == "latency",
        rank: 0,
        values: values
            .into_iter()
            .map(|value| value.unwrap_or_else(|| "-".to_owned()))
            .collect(),
    }
}

/// A figure of latencies.
type LatencyFigure = fn(&Latencies) -> Option<String>;

/// A row for each strategy and kind of latency that occurred.
fn latencies(cell: &Cell) -> Vec<TableColumn> {
    let mut rows: Vec<(&str, &str, &Latencies)> = Vec::new();
    for one in &cell.strategies {
        let kinds = [
            ("download", &one.download_time.succeeded),
            ("failed download", &one.download_time.failed),
            ("response", &one.response_time.succeeded),
            ("failed response", &one.response_time.failed),
            ("service", &one.service_time.succeeded),
            ("failed service", &one.service_time.failed),
        ];
        let kinds = kinds
            .into_iter()
            .filter(|(_, latencies)| latencies.count > 0);
        rows.extend(kinds.map(|(kind, latencies)| (one.name.as_str(), kind, latencies)));
    }
    let figures: [(&str, u8, LatencyFigure); 7] = [
        ("count", 0, |all| Some(all.count.to_string())),
        ("p50", 0, |all| percentile(all.p50)),
        ("p90", 2, |all| percentile(all.p90)),
        ("p95", 3, |all| percentile(all.p95)),
        ("p99", 0, |all| percentile(all.p99)),
        ("p99.9", 1, |all| percentile(all.p99_9)),
        ("max", 0, |all| all.max_us.map(micros)),
    ];
    let mut table = vec![
        column(
            "strategy",
            rows.iter()
                .map(|(name, ..)| Some((*name).to_owned()))
                .collect(),
        ),
        column(
            "latency",
            rows.iter()
                .map(|(_, kind, _)| Some((*kind).to_owned()))
                .collect(),
        ),
    ];
    for (header, rank, value) in figures {
        let values = rows
            .iter()
            .map(|(.., latencies)| value(latencies))
            .collect();
        let column = TableColumn {
            rank,
            ..column(header, values)
        };
        if column.values.iter().any(|value| value != "-") {
            table.push(column);
        }
    }
    table
}

/// CPU time in 2 digits: the system counts in steps.
fn cpu(us: u64) -> String {
    match us as f64 {
        us if us < 1e6 => format!("{:.1} ms", us / 1e3),
        us => format!("{:.1} s", us / 1e6),
    }
}

fn percentile(percentile: Option<Percentile>) -> Option<String> {
    Some(micros(percentile?.us))
}

fn micros(micros: u64) -> String {
    HumanDuration::from_micros(micros).to_string()
}

fn positive(count: u64) -> Option<String> {
    (count > 0).then(|| count.to_string())
}
