//! The attempts of the median round of each strategy, on one time axis.

mod attempts;
mod density;
mod phase;
mod sentences;
mod table;

use self::density::is_folded;
use self::phase::{PHASES, Phase, made};
use self::sentences::{conclusion, panel_name, reading};
use super::cell_context::CellContext;
use crate::comparison::StrategyResult;
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::legend;
use crate::html::chart::palette::SeriesStyle;
use crate::html::chart::scale::Scale;
use crate::html::chart::shape::coordinate;
use crate::html::figure::Figure;
use maud::{Markup, html};

/// The space above a panel, for its name.
const HEAD: f64 = 24.0;

/// The space below a panel.
const GAP: f64 = 10.0;

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
        .filter(|(one, _)| !made(one).is_empty())
        .collect();
    let attempts = || drawn.iter().flat_map(|(one, _)| made(one));
    let end = attempts().map(|one| one.done_us).max()?;
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
    let is_shown = |phase: &&Phase| {
        let mut panels = drawn
            .iter()
            .filter(|(one, _)| phase.is_in_flight() || !is_folded(one));
        panels.any(|(one, _)| made(one).iter().any(|attempt| phase.is_in(attempt)))
    };
    let areas = PHASES.iter().filter(is_shown);
    let strategies: Vec<_> = drawn.iter().map(|(one, _)| *one).collect();
    Some(Figure {
        conclusion: conclusion(&strategies),
        reading: reading(&strategies, context.cell.wall_measured_at),
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
        attempts::height(made(strategy).len())
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
            text.strong x=(coordinate(left + 14.0)) y=(coordinate(panel.top - 6.0)) { (panel_name(panel.strategy)) }
            @if is_folded(panel.strategy) {
                (density::draw(frame, panel.strategy, panel.top, most))
            } @else {
                (attempts::draw(frame, &made(panel.strategy), panel.top, panel.height))
            }
        }
    }
}
