//! The processes of a merged load: which of them were starved, and when.

use super::load_context::LoadContext;
use super::process_grid::{Pace, PaceRun, paces};
use super::time_chart::time_axis;
use crate::grouped;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::legend;
use crate::html::chart::shape::rectangle;
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable, millis, or_dash};
use crate::human::{grouped_rate, percent};
use crate::load::ProcessFigures;
use crate::load::report::processes::{doubtful_first, labels};
use crate::stats::median::lower_median;
use maud::{Markup, html};

/// Up to this many processes have a labelled row; more share a picture of this height, a line each.
const MAX_LABELLED: usize = 32;
const ROW: f64 = 20.0;
const HEIGHT: f64 = 400.0;
/// The most rows of the folded table, and of the one that is always seen.
const MAX_ROWS: usize = 200;
const MAX_SEEN: usize = 32;

/// The classes of the areas by pace, and what they mean. They differ in grey too: invalid figures have no colours.
const PACES: [(Pace, &str, &str); 4] = [
    (Pace::Starved, "f5", "less than half of the median process"),
    (Pace::Slow, "f2", "less than 90% of it"),
    (Pace::Usual, "band", "as the median process"),
    (Pace::Fast, "f4", "more than 110% of it"),
];

pub(super) fn figure(context: &LoadContext<'_>) -> Option<Figure> {
    let processes = &context.result.processes;
    if processes.len() < 2 || context.has_gaps {
        return None;
    }
    let window_us = context.result.figures.window_us;
    // The slowest stand together, where they are seen.
    let mut shown: Vec<_> = processes.iter().collect();
    if shown.len() > MAX_LABELLED {
        shown.sort_by(|one, other| one.requests_per_s.total_cmp(&other.requests_per_s));
    }
    let rows = paces(&shown, window_us);
    let axis = time_axis(
        &context.time,
        window_us,
        context.result.asked.warm_up_us > 0,
    );
    let names = shown.iter().map(|one| (&one.process[..], None));
    let (frame, row) = if shown.len() > MAX_LABELLED {
        (PlotFrame::plain(axis, HEIGHT), HEIGHT / shown.len() as f64)
    } else {
        (PlotFrame::rows(axis, names, ROW), ROW)
    };
    let gap = if row < 6.0 { 0.0 } else { 2.0 };
    let bar = |(index, run): (usize, &PaceRun)| {
        let [left, right] = [run.from_s, run.until_s].map(|second| frame.x(1e6 * second as f64));
        let top = frame.area()[1] + row * index as f64 + gap / 2.0;
        rectangle(left, top, right - left, row - gap)
    };
    let of_pace = |pace: Pace| {
        let rows = rows.iter().enumerate();
        let runs = rows.flat_map(|(index, runs)| runs.iter().map(move |run| (index, run)));
        let runs = runs.filter(|(_, run)| run.pace == pace);
        runs.map(bar).collect::<String>()
    };
    let order = if shown.len() > MAX_LABELLED {
        " A line is a process; the slowest are at the top."
    } else {
        ""
    };
    Some(Figure {
        conclusion: conclusion(processes),
        reading: format!(
            "Requests that ended in each process, compared with the median process at the same time and with what each was \
             asked for. A process without a colour did not run, or its log is missing.{order}"
        ),
        drawing: html! {
            (frame.draw())
            @for (pace, class, _) in PACES {
                @let path = of_pace(pace);
                @if !path.is_empty() { path class=(class) d=(path) {} }
            }
        },
        height: frame.height(),
        legend: legend::of_areas(PACES.map(|(_, class, meaning)| (class, meaning))),
        table: table(processes, MAX_ROWS),
        ..context.figure("processes", "Pace of the processes")
    })
}

fn conclusion(processes: &[ProcessFigures]) -> String {
    let rate = |one: &ProcessFigures| one.requests_per_s;
    let median = lower_median(processes.iter().map(rate), f64::total_cmp).unwrap_or(0.0);
    let slowest = processes
        .iter()
        .min_by(|one, other| rate(one).total_cmp(&rate(other)));
    let fastest = processes.iter().map(rate).fold(0.0, f64::max);
    let slowest = slowest.map_or_else(String::new, |one| {
        format!(
            " the slowest, {}, made {}/s ({} of the median process), the fastest {}/s.",
            one.process,
            grouped_rate(rate(one)),
            percent(rate(one) / median.max(f64::MIN_POSITIVE)),
            grouped_rate(fastest)
        )
    });
    let count = grouped(processes.len() as u64);
    let doubtful = processes.iter().filter(|one| !labels(one).is_empty());
    let doubtful = match doubtful.count() {
        0 => String::new(),
        doubtful => format!(
            " There are doubts about {} of them.",
            grouped(doubtful as u64)
        ),
    };
    format!("{count} processes:{slowest}{doubtful}")
}

/// The table that is always seen; nothing for the load of one process.
pub(super) fn seen_table(context: &LoadContext<'_>) -> Markup {
    let processes = &context.result.processes;
    html! { @if processes.len() > 1 { (table(processes, MAX_SEEN).markup()) } }
}

/// What each process did. Of more than `max`, those with a doubt and the slowest are shown.
fn table(processes: &[ProcessFigures], max: usize) -> DataTable {
    let row = |one: &&ProcessFigures| {
        vec![
            one.process.clone(),
            or_dash(one.shard.map(|[part, of]| format!("{part} of {of}"))),
            grouped(one.requests),
            grouped_rate(one.requests_per_s),
            or_dash(one.asked_per_s.map(grouped_rate)),
            or_dash(one.p99_us.map(millis)),
            or_dash(one.lateness_p99_us.map(millis)),
            or_dash(one.cpu_share.map(percent)),
            or_dash(one.clock_offset_us.map(offset)),
            labels(one).join(" "),
        ]
    };
    let numbers = [
        "requests",
        "reached (/s)",
        "asked (/s)",
        "p99 (ms)",
        "lateness p99 (ms)",
        "CPU of its loops",
        "clock ahead (ms)",
    ];
    let columns = ["process", "shard"].map(Column::text).into_iter();
    let more = processes.len().saturating_sub(max);
    DataTable {
        caption:
            "The processes: times are response times, and how late each started requests itself"
                .to_owned(),
        columns: columns
            .chain(numbers.map(Column::number))
            .chain([Column::text("doubts")])
            .collect(),
        rows: doubtful_first(processes, max).iter().map(row).collect(),
        left_out: match more {
            0 => String::new(),
            more => format!(
                "{} more rows are in the result document; those with a doubt, then the slowest are here.",
                grouped(more as u64)
            ),
        },
    }
}

fn offset(us: i64) -> String {
    let sign = if us < 0 { "−" } else { "" };
    format!("{sign}{}", millis(us.unsigned_abs()))
}
