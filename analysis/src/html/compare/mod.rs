//! The report of a comparison: what it says first, an overview, then a chart a file for each cell.

mod bound;
mod cell_context;
mod contenders;
mod curves;
mod failures;
mod latencies;
mod opening;
mod overview;
mod percentiles;
mod programs;
mod ratios;
mod repetition;
mod resources;
mod rounds;
mod sections;
mod waterfall;

use self::contenders::{palette, title};
use super::page::{page, section};
use super::trend::trend_of_comparisons;
use crate::comparison::Comparison;
use crate::human::plural;
use maud::{Markup, html};

/// The longest page in bytes, 1 MB: what would make it longer is left out, and the page says so.
const MAX_PAGE: usize = 1_000_000;

/// The most bytes of the charts of the overview.
const MAX_OVERVIEW: usize = 400_000;

/// The page of this result, and of its trend, if it is the last of several.
pub(super) fn report(comparison: &Comparison, all: &[Comparison]) -> String {
    let first = first_sections(comparison, all);
    let left = MAX_PAGE.saturating_sub(page_of(comparison, &first).len());
    let cells = sections::of_cells(comparison, &palette(comparison), left);
    page_of(comparison, &html! { (first) (cells) })
}

fn page_of(comparison: &Comparison, sections: &Markup) -> String {
    page(
        &title(comparison),
        sections,
        &comparison.environment.flagpole,
    )
}

/// What is about all cells.
fn first_sections(comparison: &Comparison, all: &[Comparison]) -> Markup {
    let palette = palette(comparison);
    let has_several = comparison.cells.len() > 1;
    let ratios = overview::ratios(comparison, &palette).filter(|_| has_several);
    let curves = curves::figures(comparison, &palette);
    let figures = ratios.into_iter().chain(curves);
    let figures = figures.chain(latencies::figures(comparison, &palette));
    let figures: Vec<_> = figures.map(|figure| figure.markup()).collect();
    let mut size = 0;
    let fits = |figure: &&Markup| {
        size += figure.0.len();
        size <= MAX_OVERVIEW
    };
    let shown: Vec<_> = figures.iter().take_while(fits).collect();
    let left_out = (figures.len() - shown.len()) as u64;
    html! {
        (opening::opening(comparison).markup())
        (trend_of_comparisons(all, &palette))
        (overview::summary(comparison))
        @if !figures.is_empty() {
            (section("overview", "Overview of all cells", &html! {
                @for figure in shown { (figure) }
                @if left_out > 0 {
                    p.note { (plural(left_out, "more chart")) " of other conditions are left out; the table above has their figures." }
                }
            }))
        }
    }
}
