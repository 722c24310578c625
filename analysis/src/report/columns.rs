//! The columns of the tables that people read, whatever the format.

use super::{Cell, Comparison, Ratio, StrategyResult};
use crate::human_duration::HumanDuration;
use std::time::Duration;

/// Heads, and the cells of each line below them. The first columns are words, the others numbers.
pub(crate) struct Columns {
    /// The heads.
    pub(crate) heads: Vec<String>,
    /// The lines.
    pub(crate) lines: Vec<Vec<String>>,
    /// How many columns are words.
    pub(crate) words: usize,
}

/// A column: its head, and what stands in it.
type Column = (&'static str, fn(&StrategyResult) -> String);

const FIGURES: &[Column] = &[
    ("strategy", |row| row.strategy.clone()),
    ("concurrency", |row| row.concurrency.to_string()),
    ("wall", |row| micros(row.wall_us.median)),
    ("speed-up", |row| {
        or_dash(
            row.speedup
                .as_ref()
                .map(|times| format!("{:.2}x", times.ratio)),
        )
    }),
    ("bound", |row| or_dash(row.bound_us.map(micros))),
    ("efficiency", |row| or_dash(row.efficiency.map(percent))),
    ("p50", |row| or_dash(row.from_due_us.p50.map(micros))),
    ("p99", |row| or_dash(row.from_due_us.p99.map(micros))),
    ("ok", |row| row.ok.to_string()),
    ("not found", |row| row.not_found.to_string()),
    ("error", |row| row.error.to_string()),
];

/// Only shown where there is more than one round to have a range.
const RANGE: Column = ("range", |row| {
    format!("{} to {}", micros(row.wall_us.min), micros(row.wall_us.max))
});

/// Only shown where there are rounds enough for one.
const INTERVAL: Column = ("95% interval", |row| {
    let interval = row.speedup.as_ref().and_then(|ratio| ratio.interval);
    or_dash(interval.map(|[low, high]| format!("{low:.2} to {high:.2}")))
});

const COSTS: &[Column] = &[
    ("strategy", |row| row.strategy.clone()),
    ("CPU", |row| micros(row.cost.cpu_us())),
    ("user", |row| micros(row.cost.cpu_user_us)),
    ("system", |row| micros(row.cost.cpu_system_us)),
    ("memory", |row| {
        format!("{:.1} MiB", row.cost.memory_kib as f64 / 1024.0)
    }),
    ("threads", |row| row.cost.threads.to_string()),
    ("waits", |row| row.cost.switches_voluntary.to_string()),
    ("preempted", |row| row.cost.switches_involuntary.to_string()),
    ("attempts", |row| row.attempts.to_string()),
];

/// A column that is only shown where some row has something to show in it, and whether a row has.
type Rare = (Column, fn(&StrategyResult) -> bool);

const RARE: &[Rare] = &[
    (("retries", |row| row.retries.to_string()), |row| {
        row.retries > 0
    }),
    (("hedges", |row| row.hedges.to_string()), |row| {
        row.hedges > 0
    }),
    (("compared", |row| row.compared.to_string()), |row| {
        row.apart > 0
    }),
    (("apart", |row| row.apart.to_string()), |row| row.apart > 0),
];

const FATES: Column = ("fates met", |row| or_dash(row.fates.clone()));

/// The figures in a table of several cells.
const COMPACT: [&str; 9] = [
    "strategy",
    "concurrency",
    "wall",
    "speed-up",
    "95% interval",
    "bound",
    "efficiency",
    "p99",
    "error",
];

/// The figures of one cell.
pub(crate) fn figures(cell: &Cell) -> Columns {
    let mut columns = FIGURES.to_vec();
    if has_intervals(cell) {
        columns.insert(4, INTERVAL);
    } else if cell.rounds > 1 {
        columns.insert(3, RANGE);
    }
    of(&columns, &cell.rows)
}

/// The costs of one cell.
pub(crate) fn costs(cell: &Cell) -> Columns {
    of(&costs_of(&cell.rows.iter().collect::<Vec<_>>()), &cell.rows)
}

/// The figures of all cells, with the conditions in which they differ before them.
pub(crate) fn all_figures(comparison: &Comparison) -> Columns {
    let known = || FIGURES.iter().chain([&INTERVAL]);
    let named = |name: &&str| known().find(|(head, _)| head == name).copied();
    let columns: Vec<Column> = COMPACT.iter().filter_map(named).collect();
    grid(comparison, &columns)
}

/// The costs of all cells.
pub(crate) fn all_costs(comparison: &Comparison) -> Columns {
    let rows: Vec<&StrategyResult> = (comparison.cells.iter())
        .flat_map(|cell| &cell.rows)
        .collect();
    grid(comparison, &costs_of(&rows))
}

fn costs_of(rows: &[&StrategyResult]) -> Vec<Column> {
    let has = |wanted: fn(&StrategyResult) -> bool| rows.iter().any(|row| wanted(row));
    let rare = RARE.iter().filter(|(_, wanted)| has(*wanted));
    let rare = rare.map(|(column, _)| *column);
    COSTS.iter().copied().chain(rare).chain([FATES]).collect()
}

fn grid(comparison: &Comparison, columns: &[Column]) -> Columns {
    let varying = varying(comparison);
    let heads = columns.iter().map(|(head, _)| (*head).to_owned());
    let lines = comparison.cells.iter().flat_map(|cell| {
        let varying = &varying;
        cell.rows.iter().map(move |row| {
            let conditions = varying.iter().map(|name| condition(cell, name));
            let figures = columns.iter().map(|(_, figure)| figure(row));
            conditions.chain(figures).collect()
        })
    });
    Columns {
        heads: varying.iter().cloned().chain(heads).collect(),
        lines: lines.collect(),
        words: varying.len() + 1,
    }
}

/// The conditions in which cells differ.
pub(crate) fn varying(comparison: &Comparison) -> Vec<String> {
    let Some((first, others)) = comparison.cells.split_first() else {
        return Vec::new();
    };
    let differs = |name: &&String| {
        let value = condition(first, name);
        others.iter().any(|cell| condition(cell, name) != value)
    };
    let names = first.conditions.iter().map(|(name, _)| name);
    names.filter(differs).cloned().collect()
}

/// The conditions of a cell in one line, those of `names` only.
pub(crate) fn heading(cell: &Cell, names: impl Fn(&str) -> bool) -> String {
    let shown = cell.conditions.iter().filter(|(name, _)| names(name));
    let shown: Vec<_> = shown
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    shown.join(", ")
}

/// What the bound is made of, in words: the largest of these holds.
pub(crate) fn terms(row: &StrategyResult) -> Option<String> {
    let terms = row.binding.as_ref()?.terms?;
    let told = |named: &[(&str, Duration)]| {
        let there = named.iter().filter(|(_, term)| !term.is_zero());
        let there = there.map(|(name, term)| format!("{name} {}", HumanDuration(*term)));
        there.collect::<Vec<_>>().join(", ")
    };
    let largest = told(&[
        ("longest chain", terms.critical_path),
        ("evenly over the lanes", terms.even_split),
        ("sharing a lane", terms.packing),
        ("capacity", terms.server_concurrency_limit),
        ("rate limit", terms.server_rate_limit),
    ]);
    let parts = told(&[
        ("back-off", terms.includes_backoff),
        ("pace of bodies", terms.includes_pacing),
    ]);
    let parts = if parts.is_empty() {
        parts
    } else {
        format!("; of which {parts}")
    };
    let bound = HumanDuration(terms.total());
    (!largest.is_empty()).then(|| format!("bound {bound} = the largest of {largest}{parts}"))
}

/// The rounds in which the machine stalled, in words.
pub(crate) fn stalled(row: &StrategyResult) -> Option<String> {
    let rounds: Vec<_> = row.stalled.iter().map(ToString::to_string).collect();
    let s = if rounds.len() == 1 { "" } else { "s" };
    (!rounds.is_empty()).then(|| {
        format!(
            "{}: the machine stalled in round{s} {} of {}: 1% of the answers were late by more than a fifth of \
             the delay",
            row.strategy,
            rounds.join(", "),
            row.rounds.len()
        )
    })
}

/// What a ratio to the fastest means, in words, or why there is none.
pub(crate) fn behind(row: &StrategyResult) -> Option<String> {
    let told = match (&row.behind, &row.unlike) {
        (Some(ratio), _) => told(ratio),
        (None, Some(other)) => {
            format!("no ratio to {other}, whose downloads ended otherwise: it is not the same work")
        }
        (None, None) => return None,
    };
    Some(format!("{}: {told}", row.strategy))
}

fn told(ratio: &Ratio) -> String {
    let Ratio {
        to, ratio: times, ..
    } = ratio;
    match (ratio.interval, ratio.is_difference, ratio.smallest) {
        (Some([low, high]), Some(true), _) => {
            format!("{times:.3} times as long as {to} (95% interval {low:.3} to {high:.3})")
        }
        (Some([low, high]), Some(false), Some(smallest)) => format!(
            "no difference from {to} seen ({low:.3} to {high:.3} times as long); the smallest that \
             would have been seen is {}",
            percent(smallest)
        ),
        _ => format!("{times:.3} times as long as {to}; too few rounds for an interval"),
    }
}

fn condition(cell: &Cell, wanted: &str) -> String {
    let found = cell.conditions.iter().find(|(name, _)| name == wanted);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

fn has_intervals(cell: &Cell) -> bool {
    let has = |row: &StrategyResult| {
        row.speedup
            .as_ref()
            .is_some_and(|one| one.interval.is_some())
    };
    cell.rows.iter().any(has)
}

fn of(columns: &[Column], rows: &[StrategyResult]) -> Columns {
    let cells = |row: &StrategyResult| columns.iter().map(|(_, cell)| cell(row)).collect();
    Columns {
        heads: columns.iter().map(|(head, _)| (*head).to_owned()).collect(),
        lines: rows.iter().map(cells).collect(),
        words: 1,
    }
}

/// Microseconds as a person reads them.
pub(crate) fn micros(micros: u64) -> String {
    HumanDuration(Duration::from_micros(micros)).to_string()
}

/// A share as a person reads it.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".into())
}
