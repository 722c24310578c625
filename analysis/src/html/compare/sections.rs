//! The sections of cells, and what of them is left out so that a page stays small.

use super::cell_context::CellContext;
use super::{bound, failures, percentiles, ratios, resources, rounds, waterfall};
use crate::comparison::Comparison;
use crate::html::chart::palette::Palette;
use crate::html::figure::Figure;
use crate::html::page::section;
use crate::human::plural;
use maud::{Markup, html};

/// A chart of a cell; `None` where it has no figures.
type CellChart = fn(&CellContext<'_>) -> Option<Figure>;

/// The charts of a cell in the order of display, and with which reduction each is shown at most.
const CHARTS: [(CellChart, usize); 8] = [
    (ratios::figure, 3),
    (bound::figure, 2),
    (percentiles::figure, 2),
    (waterfall::figure, 0),
    (rounds::figure, 1),
    (resources::cpu, 1),
    (resources::memory, 1),
    (failures::figure, 2),
];

/// What each reduction leaves out, from 0, which leaves out nothing.
const REDUCTIONS: [&str; 4] = [
    "",
    "the attempts of median rounds are left out",
    "attempts, rounds, CPU time and memory are left out",
    "all charts but those of ratios are left out",
];

/// The sections of all cells in this number of bytes, with as many charts as there is room for, the same of every cell; if there
/// is not even room for the smallest sections, those of the first cells.
pub(super) fn of_cells(comparison: &Comparison, palette: &Palette, room: usize) -> Markup {
    for (reduction, words) in REDUCTIONS.iter().enumerate() {
        let sections = sections(comparison, palette, reduction);
        let is_last = reduction + 1 == REDUCTIONS.len();
        let left = room.saturating_sub(MAX_NOTES);
        let fitting = fitting(&sections, left);
        if is_last || fitting == sections.len() {
            return reduced(&sections, fitting, words);
        }
    }
    Markup::default()
}

/// The most bytes of the notes of what is left out.
const MAX_NOTES: usize = 500;

/// How many of these sections have room.
fn fitting(sections: &[Markup], room: usize) -> usize {
    let mut size = 0;
    let fits = |section: &&Markup| {
        size += section.0.len();
        size <= room
    };
    sections.iter().take_while(fits).count()
}

/// The first of these sections, with notes of what is left out.
fn reduced(sections: &[Markup], shown: usize, words: &str) -> Markup {
    let missing = (sections.len() - shown) as u64;
    html! {
        @if !words.is_empty() {
            p.note { "So that this page stays below 1 MB, " (words) " in the sections of the cells; the result document has them." }
        }
        @for section in &sections[..shown] { (section) }
        @if missing > 0 {
            p.note { "The sections of " (plural(missing, "more cell")) " are left out; the table above has their figures." }
        }
    }
}

fn sections(comparison: &Comparison, palette: &Palette, reduction: usize) -> Vec<Markup> {
    let cells = comparison.cells.iter().enumerate();
    let sections = cells.map(|(index, cell)| {
        let context = CellContext {
            comparison,
            cell,
            index,
            palette,
        };
        let shown = CHARTS.iter().filter(|(_, most)| reduction <= *most);
        let figures = shown.filter_map(|(chart, _)| chart(&context));
        let charts = html! { @for figure in figures { (figure.markup()) } };
        section(&context.id("cell"), &context.title(), &charts)
    });
    sections.collect()
}
