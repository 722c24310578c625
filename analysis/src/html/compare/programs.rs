//! What only programs have: the time of the whole process, how it ended, and how its requests differ from the workload.

use super::cell_context::CellContext;
use crate::comparison::{ProgramFigures, StrategyResult};
use crate::grouped;
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::legend;
use crate::html::chart::palette::SeriesStyle;
use crate::html::chart::scale::Scale;
use crate::html::chart::shape::rectangle;
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable, millis};
use crate::human::{HumanDuration, plural};
use crate::program::ProgramExit;
use maud::{Markup, html};

/// The height of a row in units.
const ROW: f64 = 26.0;

/// The most programs that a conclusion names.
const MAX_NAMED: usize = 4;

/// A contender that is a program.
struct ProgramRow<'a> {
    strategy: &'a StrategyResult,
    style: SeriesStyle,
    program: &'a ProgramFigures,
}

pub(super) fn figure(context: &CellContext<'_>) -> Option<Figure> {
    let rows = context.styled().filter_map(|(strategy, style)| {
        let program = strategy.program.as_ref()?;
        Some(ProgramRow {
            strategy,
            style,
            program,
        })
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return None;
    }
    let times = rows
        .iter()
        .map(|row| row.program.process_us.mean.max(row.strategy.wall_us.mean));
    let axis = Axis::durations(
        "time of the whole process, the mean of the rounds",
        Scale::from_zero(times),
    );
    let texts: Vec<_> = rows.iter().map(ProgramRow::text).collect();
    let labels = rows
        .iter()
        .map(|row| (row.strategy.name.as_str(), Some(row.style)));
    let frame = PlotFrame::rows(axis, labels, ROW).with_texts(texts.iter().map(String::as_str));
    Some(Figure {
        conclusion: conclusion(&rows),
        reading: "The striped part is the wall time, from the first request to the end of the last response at the server; the rest of \
            the process is its start and its end, which is in no ratio."
            .to_owned(),
        drawing: draw(&frame, &rows, &texts),
        height: frame.height(),
        legend: legend::of_areas([("a4", "wall time"), ("a0", "the rest of the process")]),
        table: table(&rows),
        ..context.figure("programs", "Programs")
    })
}

impl ProgramRow<'_> {
    fn text(&self) -> String {
        let time = HumanDuration::from_mean(self.program.process_us.mean);
        format!("{time}, {}", self.exits())
    }

    /// How the processes ended: `exit code 0 in 5 rounds`.
    fn exits(&self) -> String {
        let exits = self.program.behaviour.exits.iter();
        let exits: Vec<_> = exits
            .map(|(label, count)| {
                format!(
                    "{} in {}",
                    ProgramExit::describe(label),
                    plural(*count, "round")
                )
            })
            .collect();
        exits.join(", ")
    }

    /// How its requests differ from the workload; `None` if they do not.
    fn deviation(&self) -> Option<String> {
        let program = self.program;
        let counts = [
            (
                program.behaviour.chosen_numbers,
                "requests that chose their fate",
            ),
            (program.behaviour.unasked_retries, "unasked retries"),
            (program.behaviour.duplicates, "requests for delivered files"),
            (
                program.behaviour.concurrent_repeats,
                "repeated requests in progress",
            ),
            (program.behaviour.not_requested, "files not requested"),
            (
                program.behaviour.other_requests,
                "requests outside the workload",
            ),
        ];
        let found = counts.into_iter().filter(|(count, _)| *count > 0);
        let found: Vec<_> = found
            .map(|(count, what)| format!("{} {what}", grouped(count)))
            .collect();
        (!found.is_empty()).then(|| format!("{}: {}", self.strategy.name, found.join(", ")))
    }
}

fn draw(frame: &PlotFrame, rows: &[ProgramRow<'_>], texts: &[String]) -> Markup {
    let bar = |from: f64, until: f64, index: usize| {
        let (left, right) = (frame.x(from), frame.x(until));
        rectangle(left, frame.row(index) - 8.0, right - left, 16.0)
    };
    html! {
        (frame.draw())
        @for (index, (row, text)) in rows.iter().zip(texts).enumerate() {
            @let (wall, process) = (row.strategy.wall_us.mean, row.program.process_us.mean);
            path.a4 d=(bar(0.0, wall, index)) {}
            @if process > wall { path.a0 d=(bar(wall, process, index)) {} }
            (frame.beside(index, text))
        }
    }
}

fn conclusion(rows: &[ProgramRow<'_>]) -> String {
    let failed = rows
        .iter()
        .filter(|row| row.program.behaviour.failures().count() > 0);
    let failed = failed.map(|row| format!("{} ended with {}", row.strategy.name, row.exits()));
    let all: Vec<_> = failed
        .chain(rows.iter().filter_map(ProgramRow::deviation))
        .collect();
    match all.len().saturating_sub(MAX_NAMED) {
        _ if all.is_empty() => {
            "All programs ended with exit code 0 and requested exactly the workload, each file once.".to_owned()
        }
        0 => format!("{}.", all.join("; ")),
        more => format!("{}; {more} more in the table.", all[..MAX_NAMED].join("; ")),
    }
}

/// The headers of counts, with the counts.
const COUNTS: [ProgramCount; 7] = [
    ("most in flight", |program| {
        program.behaviour.max_in_flight as u64
    }),
    ("duplicates", |program| program.behaviour.duplicates),
    ("repeats in progress", |program| {
        program.behaviour.concurrent_repeats
    }),
    ("unasked retries", |program| {
        program.behaviour.unasked_retries
    }),
    ("not requested", |program| program.behaviour.not_requested),
    ("outside the workload", |program| {
        program.behaviour.other_requests
    }),
    ("chosen fates", |program| program.behaviour.chosen_numbers),
];

/// A header, and a count.
type ProgramCount = (&'static str, fn(&ProgramFigures) -> u64);

fn table(rows: &[ProgramRow<'_>]) -> DataTable {
    let texts = [
        "program",
        "command",
        "exits",
        "files not requested",
        "other requests",
        "standard error",
    ];
    let times = ["mean", "median", "minimum", "maximum"]
        .map(|time| Column::number(format!("process {time} (ms)")));
    let counts = COUNTS.map(|(header, _)| Column::number(header));
    let rows = rows.iter().map(|row| {
        let program = row.program;
        let others = program
            .behaviour
            .other_paths
            .iter()
            .map(|(path, count)| format!("{path} x {count}"));
        let process = &program.process_us;
        let mut cells = vec![
            row.strategy.name.clone(),
            program.command.clone(),
            row.exits(),
            program.behaviour.not_requested_paths.join(", "),
            others.collect::<Vec<_>>().join(", "),
            program.behaviour.stderr.clone().unwrap_or_default(),
            format!("{:.3}", process.mean / 1000.0),
        ];
        cells.extend([process.median, process.min, process.max].map(millis));
        cells.extend(COUNTS.map(|(_, count)| grouped(count(program))));
        cells
    });
    DataTable {
        caption: "Processes of programs, and how their requests differ from the workload; counts are of all rounds".to_owned(),
        rows: rows.collect(),
        columns: texts.map(Column::text).into_iter().chain(times).chain(counts).collect(),
        ..DataTable::default()
    }
}
