//! The rounds in their order.

use super::cell_context::CellContext;
use crate::comparison::{RoundResult, StrategyResult};
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::legend;
use crate::html::chart::scale::Scale;
use crate::html::chart::shape::{coordinate, line};
use crate::html::figure::Figure;
use crate::html::table::{Column, DataTable, millis, or_dash};
use crate::human::{HumanDuration, plural};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

/// The height of the area in units.
const HEIGHT: f64 = 200.0;

/// The most rounds that are drawn and listed.
const MAX_ROUNDS: usize = 300;

/// Up to this number of rounds, each has a marker.
const MAX_MARKED: usize = 60;

pub(super) fn figure(context: &CellContext<'_>) -> Option<Figure> {
    let strategies = &context.cell.strategies;
    let count = strategies
        .iter()
        .map(|one| one.rounds.len())
        .max()
        .filter(|rounds| *rounds > 1)?;
    let repeated: BTreeSet<usize> = context
        .cell
        .repeated_rounds
        .iter()
        .map(|one| one.round)
        .collect();
    let numbers = strategies
        .iter()
        .flat_map(|one| &one.rounds)
        .map(|round| round.round);
    // Repeated rounds have numbers, too.
    let last = numbers.chain(repeated.iter().copied()).max()?;
    let shown = last.min(MAX_ROUNDS);
    let walls = strategies
        .iter()
        .flat_map(|one| &one.rounds)
        .map(|round| round.wall_us as f64);
    let frame = PlotFrame::new(
        Axis::numbers(
            "round",
            Scale::Linear {
                min: 0.5,
                max: shown as f64 + 0.5,
            },
        ),
        Axis::durations("wall time, logarithmic", Scale::log_around(walls)),
        HEIGHT,
    );
    Some(Figure {
        conclusion: conclusion(strategies, repeated.len(), count),
        reading: "Level lines show rounds alike; a trend or a jump that all strategies share comes from the machine, and rings \
            and bands mark rounds in which it stalled."
            .to_owned(),
        drawing: draw(context, &frame, &repeated, shown),
        height: frame.height(),
        legend: html! {
            (legend::of_series(context.styled().map(|(one, style)| (one.name.as_str(), style))))
            (legend::of_areas((!repeated.is_empty()).then_some(("band", "round was repeated"))))
        },
        table: table(context, last),
        ..context.figure("rounds", "Rounds in order")
    })
}

fn draw(
    context: &CellContext<'_>,
    frame: &PlotFrame,
    repeated: &BTreeSet<usize>,
    shown: usize,
) -> Markup {
    let [_, top, _, bottom] = frame.area();
    let is_shown = |round: &&RoundResult| round.round <= shown;
    let half = (frame.x(2.0) - frame.x(1.0)).min(12.0) / 2.0;
    let point = |round: &RoundResult| (frame.x(round.round as f64), frame.y(round.wall_us as f64));
    html! {
        @for round in repeated.iter().filter(|round| **round <= shown) {
            @let [x, width] = [frame.x(*round as f64) - half, 2.0 * half].map(coordinate);
            rect.band x=(x) y=(top) width=(width) height=(coordinate(bottom - top)) {}
        }
        (frame.draw())
        @for (one, style) in context.styled() {
            @let points: Vec<_> = one.rounds.iter().filter(is_shown).map(point).collect();
            (style.line(&line(points.iter().copied())))
            @if shown <= MAX_MARKED {
                (style.marks(&points.iter().map(|(x, y)| style.marker(*x, *y, 3.0)).collect::<String>()))
            }
            @let stalled = one.rounds.iter().filter(is_shown).filter(|round| one.stalled_rounds.contains(&round.round));
            @for (x, y) in stalled.map(point) {
                circle.guide cx=(coordinate(x)) cy=(coordinate(y)) r="6" {}
            }
        }
    }
}

/// The range of wall times of each strategy, and the rounds that were repeated.
fn conclusion(strategies: &[StrategyResult], repeated: usize, rounds: usize) -> String {
    let time = HumanDuration::from_micros;
    let ranges = strategies.iter().map(|one| {
        let (least, most) = (time(one.wall_us.min), time(one.wall_us.max));
        format!("{} from {least} to {most}", one.name)
    });
    let ranges: Vec<_> = ranges.take(4).collect();
    let rest = strategies.len() - ranges.len();
    let more = if rest > 0 {
        format!(", {rest} more in the table")
    } else {
        String::new()
    };
    let repetitions = match repeated {
        0 => "no round was repeated".to_owned(),
        1 => "1 more was repeated because the machine stalled".to_owned(),
        count => format!("{count} more were repeated because the machine stalled"),
    };
    let rounds = plural(rounds as u64, "round");
    format!(
        "{rounds}; wall times: {}{more}; {repetitions}.",
        ranges.join(", ")
    )
}

/// A row for each round, with a column for each strategy.
fn table(context: &CellContext<'_>, last: usize) -> DataTable {
    let strategies = &context.cell.strategies;
    let mut rows: BTreeMap<usize, Vec<Option<u64>>> = BTreeMap::new();
    for (column, one) in strategies.iter().enumerate() {
        for round in &one.rounds {
            let cells = rows
                .entry(round.round)
                .or_insert_with(|| vec![None; strategies.len()]);
            cells[column] = Some(round.wall_us);
        }
    }
    let rows = rows.into_iter().take(MAX_ROUNDS).map(|(round, walls)| {
        let walls = walls.into_iter().map(|us| or_dash(us.map(millis)));
        std::iter::once(round.to_string()).chain(walls).collect()
    });
    let columns = strategies
        .iter()
        .map(|one| Column::number(format!("{} (ms)", one.name)));
    DataTable {
        caption: "Wall times of rounds".to_owned(),
        columns: std::iter::once(Column::text("round"))
            .chain(columns)
            .collect(),
        rows: rows.collect(),
        left_out: match last.saturating_sub(MAX_ROUNDS) {
            0 => String::new(),
            more => format!(
                "{more} later rounds are neither drawn nor listed here; the result document has them."
            ),
        },
    }
}
