//! The attempts of the median round of each strategy, on one time axis.

mod attempts;
mod density;
mod phase;
mod table;

use self::density::{MAX_DRAWN, is_folded};
use self::phase::{PHASES, Phase};
use super::cell_context::CellContext;
use crate::comparison::{AttemptView, StrategyResult};
use crate::grouped;
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::label::clipped;
use crate::html::chart::legend;
use crate::html::chart::palette::SeriesStyle;
use crate::html::chart::scale::Scale;
use crate::html::chart::shape::coordinate;
use crate::html::figure::Figure;
use crate::human::{HumanDuration, plural};
use maud::{Markup, html};

/// The space above a panel, for its name.
const HEAD: f64 = 24.0;

/// The space below a panel.
const GAP: f64 = 10.0;

/// The most characters of a name above a panel.
const MAX_NAME: usize = 50;

/// The attempts of one strategy, below its name.
struct Panel<'a> {
    strategy: &'a StrategyResult,
    style: SeriesStyle,
    top: f64,
    height: f64,
}

pub(super) fn figure(context: &CellContext<'_>) -> Option<Figure> {
    let drawn: Vec<_> = context
        .styled()
        .filter(|(one, _)| !one.median_round_attempts.is_empty())
        .collect();
    let attempts = drawn.iter().flat_map(|(one, _)| &one.median_round_attempts);
    let end = attempts.clone().map(|one| one.done_us).max()?;
    let mut height = 0.0;
    for (one, _) in &drawn {
        height += HEAD + panel_height(one) + GAP;
    }
    let axis = Axis::durations(
        "time from the start of the round",
        Scale::Linear {
            min: 0.0,
            max: end.max(1) as f64,
        },
    );
    let frame = PlotFrame::plain(axis, height);
    let panels = panels(&frame, &drawn);
    let areas = PHASES
        .iter()
        .filter(|phase| attempts.clone().any(|one| phase.is_in(one)));
    let strategies: Vec<_> = drawn.iter().map(|(one, _)| *one).collect();
    Some(Figure {
        conclusion: conclusion(&strategies),
        reading: reading(&strategies),
        drawing: draw(&frame, &panels),
        height: frame.height(),
        legend: legend::of_areas(areas.map(|phase| (phase.class(), phase.meaning()))),
        table: table::table(&strategies, end),
        ..context.figure("waterfall", "Attempts of the median round")
    })
}

fn panel_height(strategy: &StrategyResult) -> f64 {
    if is_folded(strategy) {
        density::HEIGHT
    } else {
        attempts::height(&strategy.median_round_attempts)
    }
}

fn panels<'a>(frame: &PlotFrame, drawn: &[(&'a StrategyResult, SeriesStyle)]) -> Vec<Panel<'a>> {
    let [_, mut top, ..] = frame.area();
    let panels = drawn.iter().map(|&(strategy, style)| {
        let panel = Panel {
            strategy,
            style,
            top: top + HEAD,
            height: panel_height(strategy),
        };
        top = panel.top + panel.height + GAP;
        panel
    });
    panels.collect()
}

fn draw(frame: &PlotFrame, panels: &[Panel<'_>]) -> Markup {
    let folded = panels
        .iter()
        .map(|panel| panel.strategy)
        .filter(|one| is_folded(one));
    let most = density::most_at_once(frame, folded);
    html! {
        (frame.draw())
        @for panel in panels {
            @let [left, ..] = frame.area();
            (panel.style.marks(&panel.style.marker(left + 5.0, panel.top - 10.0, 4.0)))
            text.strong x=(coordinate(left + 14.0)) y=(coordinate(panel.top - 6.0)) { (name(panel.strategy)) }
            @if is_folded(panel.strategy) {
                (density::draw(frame, panel.strategy, panel.top, most))
            } @else {
                (attempts::draw(frame, &panel.strategy.median_round_attempts, panel.top, panel.height))
            }
        }
    }
}

/// The name of a panel: `async: 60 attempts in 61.2 ms (round 4)`.
fn name(strategy: &StrategyResult) -> String {
    let attempts = &strategy.median_round_attempts;
    let (shown, all) = (
        attempts.len(),
        strategy.median_round_attempt_count.max(attempts.len()),
    );
    let of = if all > shown {
        format!("first {} of ", grouped(shown as u64))
    } else {
        String::new()
    };
    let end = attempts.iter().map(|one| one.done_us).max().unwrap_or(0);
    let name = clipped(&strategy.name, MAX_NAME);
    format!(
        "{name}: {of}{} attempts in {} (round {})",
        grouped(all as u64),
        HumanDuration::from_micros(end),
        strategy.median_round
    )
}

fn conclusion(strategies: &[&StrategyResult]) -> String {
    let clauses = strategies.iter().map(|one| {
        let attempts = &one.median_round_attempts;
        let count = |kind: &str| attempts.iter().filter(|it| it.kind == kind).count() as u64;
        let failed = attempts.iter().filter(|it| Phase::has_failed(it)).count() as u64;
        let parts = [
            (count("retry"), "retry", "retries"),
            (count("hedge"), "hedge", "hedges"),
            (failed, "failure", "failures"),
        ];
        let parts = parts.into_iter().filter(|(count, ..)| *count > 0);
        let parts = parts.map(|(count, one, several)| {
            format!("{count} {}", if count == 1 { one } else { several })
        });
        let with: Vec<_> = parts.collect();
        let with = if with.is_empty() {
            String::new()
        } else {
            format!(" with {}", with.join(", "))
        };
        let most = most_in_flight(attempts) as u64;
        format!(
            "{}: {}{with}, at most {most} in flight",
            one.name,
            plural(attempts.len() as u64, "attempt")
        )
    });
    let clauses: Vec<_> = clauses.take(4).collect();
    let more = match strategies.len() - clauses.len() {
        0 => String::new(),
        rest => format!("; {rest} more in the picture"),
    };
    format!("{}{more}.", clauses.join("; "))
}

/// The most attempts that were in flight at a time.
fn most_in_flight(attempts: &[AttemptView]) -> usize {
    let mut changes: Vec<(u64, bool)> = Vec::new();
    for one in attempts {
        changes.extend([(one.sent_us, true), (one.done_us, false)]);
    }
    // At the same time, ends come first.
    changes.sort_unstable();
    let (mut now, mut most) = (0_usize, 0);
    for (_, is_start) in changes {
        now = if is_start {
            now + 1
        } else {
            now.saturating_sub(1)
        };
        most = most.max(now);
    }
    most
}

fn reading(strategies: &[&StrategyResult]) -> String {
    let rows = "Each row is an attempt, in the order of downloads: a staircase is one after the other, a wall is all at once, and \
        thin lines lead from an attempt to its retry or hedge";
    let strips = "The height of a strip is how many attempts are in each phase at that time";
    let is_folded = |one: &&&StrategyResult| is_folded(one);
    let folded = strategies.iter().filter(is_folded).count();
    match folded {
        0 => format!("{rows}."),
        all if all == strategies.len() => {
            format!(
                "{strips}; a round of more than {MAX_DRAWN} attempts is folded to such a strip."
            )
        }
        _ => format!(
            "{rows}. {strips}; a round of more than {MAX_DRAWN} attempts is folded to such a strip."
        ),
    }
}
