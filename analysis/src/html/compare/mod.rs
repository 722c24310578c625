//! The report of a comparison: what it says first, then a chart a file for each cell.

mod cell_context;
mod opening;
mod ratios;
mod repetition;

use self::cell_context::CellContext;
use super::chart::label::clipped;
use super::chart::palette::Palette;
use super::figure::Figure;
use super::page::{page, section};
use crate::comparison::{Comparison, StrategyResult};
use crate::human::list;
use maud::{Markup, html};

/// The most contenders that a title names.
const MAX_NAMED: usize = 4;

/// The most characters of a name in a title.
const MAX_NAME: usize = 40;

/// The charts of a cell, in the order of display. One without figures is left out.
const CHARTS: &[fn(&CellContext<'_>) -> Option<Figure>] = &[ratios::figure];

/// The page of this result.
pub(super) fn report(comparison: &Comparison) -> String {
    let names = strategies(comparison).map(|one| one.name.as_str());
    let palette = Palette::new(names);
    let cells = comparison.cells.iter().enumerate();
    let sections = html! {
        (opening::opening(comparison).markup())
        @for (index, cell) in cells {
            (cell_section(&CellContext { comparison, cell, index, palette: &palette }))
        }
    };
    page(
        &title(comparison),
        &sections,
        &comparison.environment.flagpole,
    )
}

fn cell_section(context: &CellContext<'_>) -> Markup {
    let figures = CHARTS.iter().filter_map(|chart| chart(context));
    let (id, title) = (context.id("cell"), context.title());
    section(
        &id,
        &title,
        &html! { @for figure in figures { (figure.markup()) } },
    )
}

fn strategies(comparison: &Comparison) -> impl Iterator<Item = &StrategyResult> {
    comparison.cells.iter().flat_map(|cell| &cell.strategies)
}

fn title(comparison: &Comparison) -> String {
    let mut names: Vec<String> = Vec::new();
    for one in strategies(comparison) {
        let name = clipped(&one.name, MAX_NAME);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match names.as_slice() {
        [] => "Comparison without results".to_owned(),
        [only] => format!("Measurement of {only}"),
        few if few.len() <= MAX_NAMED => format!("Comparison of {}", list(few)),
        many => format!("Comparison of {} strategies", many.len()),
    }
}
