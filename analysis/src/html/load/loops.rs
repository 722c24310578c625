//! The event loops of the client: how busy each was.

use super::load_context::LoadContext;
use crate::grouped;
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::legend;
use crate::html::chart::scale::Scale;
use crate::html::chart::shape::rectangle;
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable, millis, or_dash};
use crate::human::{grouped_rate, percent};
use crate::load::LoopUsage;
use crate::load::report::sentences::counted;
use maud::html;

/// The classes of the areas.
const RAN: &str = "a3";
const WAITED: &str = "a5";

/// The most loops that the picture has a row for; the table has all.
const MAX_ROWS: usize = 32;

/// The height of a row.
const ROW: f64 = 24.0;

pub(super) fn figure(context: &LoadContext<'_>) -> Option<Figure> {
    let loops = &context.result.loops;
    let shown = &loops[..loops.len().min(MAX_ROWS)];
    let axis = Axis::shares(
        "part of the time of the loop",
        Scale::Linear { min: 0.0, max: 1.0 },
    );
    let names: Vec<String> = (1..=shown.len())
        .map(|number| format!("loop {number}"))
        .collect();
    let frame = PlotFrame::rows(axis, names.iter().map(|name| (name.as_str(), None)), ROW);
    let bar = |index: usize, from: f64, to: f64| {
        let (left, top) = (frame.x(from), frame.row(index) - ROW / 2.0 + 4.0);
        rectangle(left, top, frame.x(to) - left, ROW - 8.0)
    };
    let left_out = match loops.len() - shown.len() {
        0 => String::new(),
        count => format!(
            " {} left out of the picture.",
            counted(count as u64, "further loop")
        ),
    };
    // Loops of several processes do not say whose they are; the table of processes does.
    let is_one = context.result.processes.len() < 2;
    (is_one && !loops.is_empty()).then(|| Figure {
        conclusion: conclusion(loops),
        reading: format!(
            "A loop that runs for nearly all of its time, or waits for a processor, starts requests late: then the client is the \
             limit.{left_out}"
        ),
        drawing: html! {
            (frame.draw())
            @for (index, one) in shown.iter().enumerate() {
                @let (ran_until, waited_until) = (share(one, one.cpu_us), share(one, one.cpu_us + one.run_queue_us.unwrap_or(0)));
                path class=(RAN) d=(bar(index, 0.0, ran_until)) {}
                @if waited_until > ran_until { path class=(WAITED) d=(bar(index, ran_until, waited_until)) {} }
            }
        },
        height: frame.height(),
        legend: legend::of_areas([(RAN, "ran"), (WAITED, "could run and waited for a processor")]),
        table: table(loops),
        ..context.figure("loops", "Event loops of the client")
    })
}

fn share(usage: &LoopUsage, us: u64) -> f64 {
    (us as f64 / usage.elapsed_us.max(1) as f64).min(1.0)
}

fn conclusion(loops: &[LoopUsage]) -> String {
    let busiest = loops
        .iter()
        .map(|one| share(one, one.cpu_us))
        .fold(0.0, f64::max);
    let longest = loops
        .iter()
        .map(|one| share(one, one.run_queue_us.unwrap_or(0)))
        .fold(0.0, f64::max);
    format!(
        "{}: the busiest ran for {} of its time, and the longest wait for a processor was {} of the time of a loop.",
        counted(loops.len() as u64, "event loop"),
        percent(busiest),
        percent(longest)
    )
}

fn table(loops: &[LoopUsage]) -> DataTable {
    let columns = [
        "time (ms)",
        "ran (ms)",
        "waited (ms)",
        "in flight, mean",
        "in flight, most",
    ];
    let row = |(number, one): (usize, &LoopUsage)| {
        vec![
            format!("loop {number}"),
            millis(one.elapsed_us),
            millis(one.cpu_us),
            or_dash(one.run_queue_us.map(millis)),
            grouped_rate(one.in_flight_area_s * 1e6 / one.elapsed_us.max(1) as f64),
            grouped(one.max_in_flight),
        ]
    };
    DataTable {
        caption: "What each event loop did, the warm-up included".to_owned(),
        columns: [Column::text("loop")]
            .into_iter()
            .chain(columns.map(Column::number))
            .collect(),
        rows: (1..).zip(loops).map(row).collect(),
        ..DataTable::default()
    }
}
