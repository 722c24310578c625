//! How many attempts are in each phase over time, for rounds with too many attempts for rows.

use super::phase::{Phase, made, segments};
use crate::comparison::StrategyResult;
use crate::grouped;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::shape::{area, coordinate};
use maud::{Markup, html};

/// With more attempts in a round, their number at each time is drawn instead of each.
pub(super) const MAX_DRAWN: usize = 250;

/// The height of a strip.
pub(super) const HEIGHT: f64 = 90.0;

/// The number of columns.
pub(super) const COLUMNS: usize = 120;

/// The phases of a strip from the bottom. Those in which nothing is in flight are left out.
pub(super) const STACKED: [Phase; 4] =
    [Phase::Fault, Phase::Body, Phase::FirstByte, Phase::Connect];

/// Whether a strategy has too many attempts to draw each.
pub(super) fn is_folded(strategy: &StrategyResult) -> bool {
    made(strategy).len() > MAX_DRAWN
}

/// The mean number of attempts in each phase of [`STACKED`] in each column of a time axis that ends at `end`, in microseconds.
pub(super) fn densities(strategy: &StrategyResult, end: f64) -> Vec<[f64; STACKED.len()]> {
    let column = end / COLUMNS as f64;
    let mut densities = vec![[0.0; STACKED.len()]; COLUMNS];
    for attempt in made(strategy) {
        for (phase, from, until) in segments(attempt) {
            let Some(at) = STACKED.iter().position(|known| *known == phase) else {
                continue;
            };
            let first = columns_before(from as f64 / column);
            let last = columns_before(until as f64 / column);
            for (index, sums) in densities.iter_mut().enumerate().take(last + 1).skip(first) {
                let start = column * index as f64;
                let overlap = (until as f64).min(start + column) - (from as f64).max(start);
                sums[at] += overlap.max(0.0) / column;
            }
        }
    }
    densities
}

/// The whole columns before a position in columns.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is positive; casts saturate"
)]
fn columns_before(columns: f64) -> usize {
    columns as usize
}

/// The highest column of these strategies.
pub(super) fn most_at_once<'a>(
    frame: &PlotFrame,
    strategies: impl Iterator<Item = &'a StrategyResult>,
) -> f64 {
    let sums = strategies.flat_map(|one| densities(one, end(frame)));
    sums.map(|column| column.iter().sum()).fold(1.0, f64::max)
}

pub(super) fn draw(frame: &PlotFrame, strategy: &StrategyResult, top: f64, most: f64) -> Markup {
    let densities = densities(strategy, end(frame));
    let [left, _, right, _] = frame.area();
    let bottom = top + HEIGHT;
    let width = (right - left) / COLUMNS as f64;
    let y = |count: f64| bottom - HEIGHT * count / most;
    // Steps: each column has two corners.
    let edge = |phases: usize| -> Vec<(f64, f64)> {
        let columns = densities.iter().enumerate();
        let corners = columns.flat_map(|(index, column)| {
            let (x, y) = (
                left + width * index as f64,
                y(column[..phases].iter().sum()),
            );
            [(x, y), (x + width, y)]
        });
        corners.collect()
    };
    let used = (0..STACKED.len()).filter(|at| densities.iter().any(|column| column[*at] > 0.0));
    html! {
        @for at in used { path class=(STACKED[at].class()) d=(area(&edge(at), &edge(at + 1))) {} }
        path.axis d={ "M" (coordinate(left)) " " (coordinate(bottom)) "H" (coordinate(right)) } {}
        text.minor x=(coordinate(right)) y=(coordinate(top - 4.0)) text-anchor="end" {
            "full height: " (count(most)) " in flight"
        }
    }
}

/// The end of the time axis.
fn end(frame: &PlotFrame) -> f64 {
    frame.horizontal_end()
}

fn count(most: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the value is positive; casts saturate"
    )]
    let whole = most.round() as u64;
    grouped(whole)
}

/// The phases that are drawn, for the headers of a table.
pub(super) fn headers() -> impl Iterator<Item = &'static str> {
    STACKED.iter().rev().map(|phase| phase.meaning())
}
