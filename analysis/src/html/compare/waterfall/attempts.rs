//! A row for each attempt.

use super::phase::{PHASES, segments};
use crate::comparison::AttemptView;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::shape::{coordinate, rectangle};
use maud::{Markup, html};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The height of many rows together; few rows are as high as they may be.
const HEIGHT: f64 = 300.0;

/// The least and the most height of a row.
const ROW: (f64, f64) = (1.8, 9.0);

/// The height of the panel of this number of attempts.
pub(super) fn height(count: usize) -> f64 {
    row_height(count) * count as f64
}

fn row_height(count: usize) -> f64 {
    (HEIGHT / count.max(1) as f64).clamp(ROW.0, ROW.1)
}

pub(super) fn draw(frame: &PlotFrame, attempts: &[&AttemptView], top: f64, height: f64) -> Markup {
    let rows = in_order(attempts);
    let row = height / rows.len().max(1) as f64;
    let mut paths = vec![String::new(); PHASES.len()];
    for (index, attempt) in rows.iter().enumerate() {
        let y = top + row * index as f64;
        for (phase, from, until) in segments(attempt) {
            let [from, until] = [from, until].map(|us| frame.x(us as f64));
            if let Some(at) = PHASES.iter().position(|known| *known == phase) {
                paths[at] += &rectangle(from, y + 0.1 * row, until - from, 0.8 * row);
            }
        }
    }
    let links = links(frame, &rows, top, row);
    html! {
        @for (phase, path) in PHASES.iter().zip(&paths).filter(|(_, path)| !path.is_empty()) {
            path class=(phase.class()) d=(path) {}
        }
        @if !links.is_empty() { path.link d=(links) {} }
    }
}

/// The attempts of a download follow each other; downloads are in the order in which they became due, and then of their
/// numbers.
pub(super) fn in_order<'a>(attempts: &[&'a AttemptView]) -> Vec<&'a AttemptView> {
    let mut first: BTreeMap<usize, u64> = BTreeMap::new();
    for one in attempts {
        let due = first.entry(one.download).or_insert(one.sent_us);
        *due = one.sent_us.min(*due);
    }
    let mut rows = attempts.to_vec();
    rows.sort_by_key(|one| (first[&one.download], one.download, one.attempt));
    rows
}

/// Lines from retries and hedges to the attempts before them: from the end of the attempt whose failure is repeated, or from
/// the attempt that took long, when the hedge began.
fn links(frame: &PlotFrame, rows: &[&AttemptView], top: f64, row: f64) -> String {
    let mut path = String::new();
    for (index, pair) in rows.windows(2).enumerate() {
        let [before, after] = [pair[0], pair[1]];
        let is_linked =
            before.download == after.download && ["retry", "hedge"].contains(&after.kind.as_str());
        if is_linked {
            let from = if after.kind == "hedge" {
                after.sent_us
            } else {
                before.done_us
            };
            let y = top + row * (index as f64 + 0.5);
            let [from, until] = [from, after.sent_us].map(|us| coordinate(frame.x(us as f64)));
            let _ = write!(
                path,
                "M{from} {}v{}H{until}",
                coordinate(y),
                coordinate(row)
            );
        }
    }
    path
}
