//! What a round costs: CPU time and memory.

use super::cell_context::CellContext;
use crate::comparison::StrategyResult;
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::legend;
use crate::html::chart::scale::Scale;
use crate::html::chart::shape::rectangle;
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable, millis, or_dash};
use crate::human::HumanDuration;
use crate::stats::median::lower_median;
use maud::{Markup, html};

/// The height of a row in units.
const ROW: f64 = 26.0;

/// Parts of a bar: the classes of their areas and their values.
type Parts = Vec<(&'static str, f64)>;

/// CPU time of client and server.
pub(super) fn cpu(context: &CellContext<'_>) -> Option<Figure> {
    let parts = |one: &StrategyResult| -> Parts {
        let usage = &one.resource_usage;
        let server = server_cpu(one).unwrap_or(0) as f64;
        vec![
            ("a4", usage.cpu_user_us as f64),
            ("a3", usage.cpu_system_us as f64),
            ("a0", server),
        ]
    };
    let label = |us: f64| HumanDuration::from_mean(us).to_string();
    let strategies = &context.cell.strategies;
    let has_server = strategies.iter().any(|one| server_cpu(one).is_some());
    let areas = [
        ("a4", "client, user"),
        ("a3", "client, kernel"),
        ("a0", "server"),
    ];
    let areas = areas
        .into_iter()
        .filter(|(class, _)| *class != "a0" || has_server);
    let title = "CPU time of a round: the median of the rounds";
    let (drawing, height) = bars(context, title, Axis::durations, &parts, &label)?;
    Some(Figure {
        conclusion: extremes(
            strategies,
            |one| one.resource_usage.cpu_us() as f64,
            "CPU time of the client",
            &label,
        )?,
        reading: cpu_reading(strategies).to_owned(),
        drawing,
        height,
        legend: legend::of_areas(areas),
        table: table(strategies),
        ..context.figure("cpu", "CPU time")
    })
}

fn cpu_reading(strategies: &[StrategyResult]) -> &'static str {
    if strategies.iter().any(|one| one.program.is_some()) {
        "Shorter bars leave more of the machine to others; the CPU time of a program is that of its whole process, with its start and \
        its end, which its wall time does not contain."
    } else {
        "Shorter bars leave more of the machine to others; CPU time beyond the wall time means several processors."
    }
}

/// Peak memory of the client.
pub(super) fn memory(context: &CellContext<'_>) -> Option<Figure> {
    let mebibytes = |one: &StrategyResult| one.resource_usage.peak_memory_kib as f64 / 1024.0;
    let label = |value: f64| format!("{value:.1} MiB");
    let strategies = &context.cell.strategies;
    let parts = |one: &StrategyResult| -> Parts { vec![("a6", mebibytes(one))] };
    let (drawing, height) = bars(context, "peak memory in MiB", Axis::numbers, &parts, &label)?;
    Some(Figure {
        conclusion: extremes(strategies, mebibytes, "Peak memory", &label)?,
        reading: "A bar is the most memory that the client's process had in a round, the median of the rounds.".to_owned(),
        drawing,
        height,
        table: DataTable {
            caption: "Peak memory and threads, context switches: medians of the rounds".to_owned(),
            columns: [Column::text("strategy")].into_iter().chain(MEMORY.map(Column::number)).collect(),
            rows: strategies.iter().map(memory_row).collect(),
            ..DataTable::default()
        },
        ..context.figure("memory", "Memory")
    })
}

/// A bar of parts for each strategy, with its sum; `None` if all are 0.
fn bars(
    context: &CellContext<'_>,
    title: &str,
    axis: fn(&'static str, Scale) -> Axis,
    parts: &dyn Fn(&StrategyResult) -> Parts,
    label: &dyn Fn(f64) -> String,
) -> Option<(Markup, f64)> {
    let sum = |one: &StrategyResult| parts(one).iter().map(|(_, value)| value).sum::<f64>();
    let sums = context.cell.strategies.iter().map(sum);
    if sums.clone().all(|sum| sum <= 0.0) {
        return None;
    }
    let axis = Axis {
        title: title.to_owned(),
        ..axis("", Scale::from_zero(sums.clone()))
    };
    let labels = context
        .styled()
        .map(|(one, style)| (one.name.as_str(), Some(style)));
    let texts: Vec<_> = sums.map(label).collect();
    let frame = PlotFrame::rows(axis, labels, ROW).with_texts(texts.iter().map(String::as_str));
    let strategies = context.cell.strategies.iter().enumerate();
    let drawing = html! {
        (frame.draw())
        @for (index, one) in strategies {
            @let middle = frame.row(index);
            @for (class, path) in stacked(&frame, &parts(one), middle) { path class=(class) d=(path) {} }
            (frame.beside(index, &label(sum(one))))
        }
    };
    Some((drawing, frame.height()))
}

fn stacked(frame: &PlotFrame, parts: &Parts, middle: f64) -> Vec<(&'static str, String)> {
    let mut from = 0.0;
    let mut paths = Vec::new();
    for (class, value) in parts.iter().filter(|(_, value)| *value > 0.0) {
        let (left, right) = (frame.x(from), frame.x(from + value));
        paths.push((*class, rectangle(left, middle - 8.0, right - left, 16.0)));
        from += value;
    }
    paths
}

/// The strategies with the least and the most.
fn extremes(
    strategies: &[StrategyResult],
    value: impl Fn(&StrategyResult) -> f64,
    what: &str,
    label: &dyn Fn(f64) -> String,
) -> Option<String> {
    let by_value =
        |one: &&StrategyResult, other: &&StrategyResult| value(one).total_cmp(&value(other));
    let (least, most) = (
        strategies.iter().min_by(by_value)?,
        strategies.iter().max_by(by_value)?,
    );
    let of = |one: &StrategyResult| format!("{} for {}", label(value(one)), one.name);
    Some(if strategies.len() == 1 {
        format!("{what} of a round: {}.", of(least))
    } else {
        format!("{what} of a round is from {} to {}.", of(least), of(most))
    })
}

/// The CPU time of the server in the median trial.
fn server_cpu(strategy: &StrategyResult) -> Option<u64> {
    lower_median(
        strategy
            .rounds
            .iter()
            .filter_map(|round| round.server_cpu_us),
        Ord::cmp,
    )
}

fn table(strategies: &[StrategyResult]) -> DataTable {
    let headers = ["client, user (ms)", "client, kernel (ms)", "server (ms)"].map(Column::number);
    let rows = strategies.iter().map(|one| {
        let usage = &one.resource_usage;
        vec![
            one.name.clone(),
            millis(usage.cpu_user_us),
            millis(usage.cpu_system_us),
            or_dash(server_cpu(one).map(millis)),
        ]
    });
    DataTable {
        caption: "CPU time of a round: medians of the rounds".to_owned(),
        columns: [Column::text("strategy")]
            .into_iter()
            .chain(headers)
            .collect(),
        rows: rows.collect(),
        ..DataTable::default()
    }
}

const MEMORY: [&str; 4] = [
    "peak memory (KiB)",
    "peak threads",
    "voluntary switches",
    "involuntary switches",
];

fn memory_row(strategy: &StrategyResult) -> Vec<String> {
    let usage = &strategy.resource_usage;
    let figures = [
        usage.peak_memory_kib,
        usage.peak_threads,
        usage.voluntary_context_switches,
        usage.involuntary_context_switches,
    ];
    let figures = figures.into_iter().map(crate::grouped);
    std::iter::once(strategy.name.clone())
        .chain(figures)
        .collect()
}
