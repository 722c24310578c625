//! What the formats for people share, whatever their form: tables and sentences.

use crate::comparison::{Cell, Comparison, Percentile, Ratio, StrategyResult, ThresholdStatus};
use crate::human::{HumanDuration, plural};
use crate::validity::Verdict;
use std::collections::BTreeSet;
use std::time::Duration;

/// A table: headers and rows. The first columns are text, the others numbers.
pub(super) struct TableContent {
    pub(super) headers: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// The number of columns with text.
    pub(super) text_columns: usize,
}

/// The header of a column and its value for a strategy.
type TableColumn = (&'static str, fn(&Cell, &StrategyResult) -> String);

const FIGURES: &[TableColumn] = &[
    ("strategy", |_, one| one.name.clone()),
    ("concurrency", |_, one| one.concurrency.to_string()),
    ("wall", |_, one| rounded_micros(one.wall_us.mean)),
    ("range", |_, one| {
        format!("{} to {}", micros(one.wall_us.min), micros(one.wall_us.max))
    }),
    ("ratio", |cell, one| {
        or_dash(ratio(cell, one).map(|ratio| format!("{:.2}x", ratio.ratio)))
    }),
    ("95% CI", |cell, one| {
        or_dash(interval(cell, one).map(|[low, high]| format!("{low:.2} to {high:.2}")))
    }),
    ("lower bound", |_, one| or_dash(one.bound_us.map(micros))),
    ("efficiency", |_, one| {
        or_dash(one.efficiency.map(|share| format!("{:.1}%", 100.0 * share)))
    }),
    ("p50", |_, one| percentile(one.download_time.succeeded.p50)),
    ("p99", |_, one| percentile(one.download_time.succeeded.p99)),
    ("ok", |_, one| one.ok.to_string()),
    ("not found", |_, one| one.not_found.to_string()),
    ("error", |_, one| one.error.to_string()),
];

const COSTS: &[TableColumn] = &[
    ("strategy", |_, one| one.name.clone()),
    ("CPU", |_, one| micros(one.resource_usage.cpu_us())),
    ("user", |_, one| micros(one.resource_usage.cpu_user_us)),
    ("system", |_, one| micros(one.resource_usage.cpu_system_us)),
    ("peak memory", |_, one| {
        let kib = one.resource_usage.peak_memory_kib;
        format!("{:.1} MiB", kib as f64 / 1024.0)
    }),
    ("threads", |_, one| {
        one.resource_usage.peak_threads.to_string()
    }),
    ("vol. switches", |_, one| {
        one.resource_usage.voluntary_context_switches.to_string()
    }),
    ("invol. switches", |_, one| {
        one.resource_usage.involuntary_context_switches.to_string()
    }),
    ("attempts", |_, one| one.attempts.to_string()),
    ("retries", |_, one| one.retries.to_string()),
    ("hedges", |_, one| one.hedges.to_string()),
    ("fates compared", |_, one| one.fates_compared.to_string()),
    ("timing-dependent", |_, one| {
        one.timing_dependent.to_string()
    }),
    ("fates digest", |_, one| fates_digest(one)),
];

/// The figures of these cells, after the conditions in which they differ; of several cells, those that compare them. The
/// range of the wall times takes the place of the confidence interval with too few rounds for one.
pub(super) fn figures(cells: &[Cell], varying: &[&str]) -> TableContent {
    let is_single = cells.len() == 1;
    let has_interval = cells.iter().any(|cell| {
        cell.strategies
            .iter()
            .any(|one| interval(cell, one).is_some())
    });
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
            .chain(columns.iter().map(|(_, value)| value(cell, strategy)))
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

/// The digest of all rounds, `differs` if rounds differ.
fn fates_digest(strategy: &StrategyResult) -> String {
    let is_known = strategy
        .rounds
        .iter()
        .any(|round| round.fates_digest.is_some());
    let unequal = is_known.then(|| "differs".to_owned());
    or_dash(strategy.fates_digest.clone().or(unequal))
}

/// The ratio to the reference of the cell.
fn ratio<'a>(cell: &Cell, strategy: &'a StrategyResult) -> Option<&'a Ratio> {
    strategy.ratio_to(cell.reference.as_deref()?)
}

fn interval(cell: &Cell, strategy: &StrategyResult) -> Option<[f64; 2]> {
    ratio(cell, strategy)?.confidence_interval
}

fn percentile(percentile: Option<Percentile>) -> String {
    or_dash(percentile.map(|percentile| micros(percentile.us)))
}

fn rounded_micros(micros: f64) -> String {
    HumanDuration(Duration::from_secs_f64(micros / 1e6)).to_string()
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

/// How many rounds were repeated.
pub(super) fn repeated(cell: &Cell) -> Option<String> {
    let rounds = cell.repeated_rounds.iter().map(|repeated| repeated.round);
    let rounds = rounds.collect::<BTreeSet<_>>().len();
    (rounds > 0).then(|| {
        let of = plural(cell.rounds, "round");
        format!("{rounds} of {of} repeated: the machine stalled")
    })
}

/// The rounds that are part of the figures although the machine stalled.
pub(super) fn stalled(strategy: &StrategyResult) -> Option<String> {
    let rounds = strategy.stalled_rounds.iter();
    let rounds: Vec<_> = rounds.map(ToString::to_string).collect();
    (!rounds.is_empty()).then(|| {
        format!(
            "{}: the machine stalled in {} of {} (the server was late, or processor time was lost): {}",
            strategy.name,
            plural(rounds.len(), "round"),
            strategy.rounds.len(),
            rounds.join(", ")
        )
    })
}

/// The time relative to the reference, or why there is no ratio.
pub(super) fn ratio_to_reference(cell: &Cell, strategy: &StrategyResult) -> Option<String> {
    let (name, reference) = (&strategy.name, cell.reference.as_ref()?);
    if name == reference {
        return None;
    }
    Some(match ratio(cell, strategy) {
        Some(ratio) => format!("{name}: {ratio}"),
        None => format!(
            "{name}: not comparable to {reference}: different numbers of downloads succeeded"
        ),
    })
}

/// What could not be checked, a line each.
pub(super) fn unchecked(verdict: &Verdict) -> impl Iterator<Item = String> {
    let sentences = verdict.unchecked.iter();
    sentences.map(|sentence| format!("not checked: {sentence}"))
}

/// Notes on a comparison as a whole, one line each: the measurement overhead, the knees, the baseline and the thresholds
/// that are crossed or not judged.
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
    let thresholds = comparison.thresholds.iter();
    let thresholds = thresholds.filter(|one| one.status != ThresholdStatus::Held);
    let thresholds = thresholds.map(|one| format!("Threshold {}: {}", one.status, one.message));
    overhead
        .chain(knees)
        .chain(baseline)
        .chain(thresholds)
        .collect()
}
