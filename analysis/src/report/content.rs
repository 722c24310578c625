//! What the formats for people share, whatever their form: tables and sentences.

use crate::comparison::{Cell, Comparison, StrategyResult};
use crate::human::{HumanDuration, plural};

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
    ("range", |one| {
        format!("{} to {}", micros(one.wall_us.min), micros(one.wall_us.max))
    }),
    ("speed-up", |one| {
        let speedup = one.speedup.as_ref();
        or_dash(speedup.map(|speedup| format!("{:.2}x", speedup.ratio)))
    }),
    ("95% CI", |one| {
        or_dash(speedup_interval(one).map(|[low, high]| format!("{low:.2} to {high:.2}")))
    }),
    ("lower bound", |one| or_dash(one.bound_us.map(micros))),
    ("efficiency", |one| {
        or_dash(one.efficiency.map(|share| format!("{:.1}%", 100.0 * share)))
    }),
    ("p50", |one| or_dash(one.response_time_us.p50.map(micros))),
    ("p99", |one| or_dash(one.response_time_us.p99.map(micros))),
    ("ok", |one| one.ok.to_string()),
    ("not found", |one| one.not_found.to_string()),
    ("error", |one| one.error.to_string()),
];

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
    ("retries", |one| one.retries.to_string()),
    ("hedges", |one| one.hedges.to_string()),
    ("fates compared", |one| one.fates_compared.to_string()),
    ("timing-dependent", |one| one.timing_dependent.to_string()),
    ("fates digest", |one| or_dash(one.fates_digest.clone())),
];

/// The figures of these cells, after the conditions in which they differ; of several cells, those that compare them. The
/// range of the wall times takes the place of the confidence interval with too few rounds for one.
pub(super) fn figures(cells: &[Cell], varying: &[&str]) -> TableContent {
    let is_single = cells.len() == 1;
    let has_interval = any(cells, |one| speedup_interval(one).is_some());
    table(FIGURES, cells, varying, |header| match header {
        "95% CI" => has_interval || !is_single,
        "range" => is_single && !has_interval && cells[0].rounds > 1,
        "p50" | "ok" | "not found" => is_single,
        _ => true,
    })
}

/// The costs of these cells, after the conditions in which they differ.
pub(super) fn costs(cells: &[Cell], varying: &[&str]) -> TableContent {
    table(COSTS, cells, varying, |header| match header {
        "retries" => any(cells, |one| one.retries > 0),
        "hedges" => any(cells, |one| one.hedges > 0),
        "fates compared" | "timing-dependent" => any(cells, |one| one.timing_dependent > 0),
        _ => true,
    })
}

fn any(cells: &[Cell], holds: impl Fn(&StrategyResult) -> bool) -> bool {
    cells.iter().flat_map(|cell| &cell.strategies).any(holds)
}

fn table(
    columns: &[TableColumn],
    cells: &[Cell],
    varying: &[&str],
    is_shown: impl Fn(&str) -> bool,
) -> TableContent {
    let columns: Vec<_> = columns
        .iter()
        .filter(|(header, _)| is_shown(header))
        .collect();
    let row = |cell: &Cell, strategy: &StrategyResult| {
        let conditions = varying.iter().map(|name| cell.condition(name).to_owned());
        conditions
            .chain(columns.iter().map(|(_, value)| value(strategy)))
            .collect()
    };
    let rows = cells
        .iter()
        .flat_map(|cell| cell.strategies.iter().map(|one| row(cell, one)));
    let headers = varying
        .iter()
        .copied()
        .chain(columns.iter().map(|(header, _)| *header));
    TableContent {
        rows: rows.collect(),
        headers: headers.map(str::to_owned).collect(),
        text_columns: varying.len() + 1,
    }
}

fn speedup_interval(strategy: &StrategyResult) -> Option<[f64; 2]> {
    strategy.speedup.as_ref()?.confidence_interval
}

fn micros(micros: u64) -> String {
    HumanDuration::from_micros(micros).to_string()
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".into())
}

/// What limits a strategy.
pub(super) fn limited_by(strategy: &StrategyResult) -> Option<String> {
    let bottleneck = strategy.bottleneck.as_ref()?;
    Some(format!("{}: {bottleneck}", strategy.name))
}

/// The rounds in which the machine stalled.
pub(super) fn stalled(strategy: &StrategyResult) -> Option<String> {
    let rounds = strategy.stalled_rounds.iter();
    let rounds: Vec<_> = rounds.map(ToString::to_string).collect();
    (!rounds.is_empty()).then(|| {
        format!(
            "{}: the machine stalled in {} of {} (p99 lateness above 20% of the delay): {}",
            strategy.name,
            plural(rounds.len(), "round"),
            strategy.rounds.len(),
            rounds.join(", ")
        )
    })
}

/// The time relative to the fastest strategy, or why there is no ratio.
pub(super) fn ratio_to_fastest(strategy: &StrategyResult) -> Option<String> {
    let name = &strategy.name;
    if let Some(ratio) = &strategy.ratio_to_fastest {
        return Some(format!("{name}: {ratio}"));
    }
    let other = strategy.incomparable_to.as_ref()?;
    Some(format!(
        "{name}: not comparable to {other}: different numbers of downloads succeeded"
    ))
}

/// Notes on a comparison as a whole, one line each: the measurement overhead, the knees, the baseline and the crossed
/// thresholds.
pub(super) fn notes(comparison: &Comparison) -> Vec<String> {
    let overhead = comparison.measurement_overhead.iter().map(|overhead| {
        format!(
            "Measurement overhead (no delay, concurrency 1, a request every 5 ms): p50 {}, p99 {} over {} requests",
            HumanDuration::from_micros(overhead.p50_us),
            HumanDuration::from_micros(overhead.p99_us),
            overhead.attempts
        )
    });
    let curves = comparison.concurrency_curves.iter();
    let knees = curves.map(|one| format!("{}, {}: {}", one.strategy, one.conditions, one.knee));
    let baseline = comparison.baseline.iter();
    let baseline = baseline.map(|one| format!("Baseline: {}: {}", one.name, one.message));
    let crossed = comparison.crossed_thresholds.iter();
    let crossed = crossed.map(|crossed| format!("Threshold crossed: {crossed}"));
    overhead
        .chain(knees)
        .chain(baseline)
        .chain(crossed)
        .collect()
}
