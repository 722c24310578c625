//! The sections of cells, and what of them is left out so that a page stays small.

use super::cell_context::CellContext;
use super::{bound, failures, percentiles, programs, ratios, resources, rounds, waterfall};
use crate::comparison::Comparison;
use crate::html::chart::palette::Palette;
use crate::html::figure::Figure;
use crate::html::page::section;
use crate::human::plural;
use maud::{Markup, html};

/// A chart of a cell; `None` where it has no figures.
type CellChart = fn(&CellContext<'_>) -> Option<Figure>;

/// The charts of a cell in the order of display, and with which reduction each is shown at most.
const CHARTS: [(CellChart, usize); 9] = [
    (ratios::figure, 3),
    (bound::figure, 2),
    (percentiles::figure, 2),
    (waterfall::figure, 0),
    (rounds::figure, 1),
    (resources::cpu, 1),
    (resources::memory, 1),
    (programs::figure, 2),
    (failures::figure, 2),
];

/// What each reduction leaves out, from 0, which leaves out nothing.
const REDUCTIONS: [&str; 4] = [
    "",
    "the attempts of median rounds are left out",
    "attempts, rounds, CPU time and memory are left out",
    "all charts but those of ratios are left out",
];

/// A cell with its charts, each with its reduction as in [`CHARTS`].
struct DrawnCell {
    id: String,
    title: String,
    charts: Vec<(Markup, usize)>,
}

/// The sections of all cells in this number of bytes, with as many charts as there is room for, the same of every cell; if there
/// is not even room for the smallest sections, those of the first cells.
pub(super) fn of_cells(comparison: &Comparison, palette: &Palette, room: usize) -> Markup {
    let drawn = drawn(comparison, palette);
    for (reduction, words) in REDUCTIONS.iter().enumerate() {
        let sections: Vec<_> = drawn.iter().map(|cell| cell.section(reduction)).collect();
        let fitting = fitting(&sections, room.saturating_sub(MAX_NOTES));
        if fitting == sections.len() || reduction + 1 == REDUCTIONS.len() {
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

fn drawn(comparison: &Comparison, palette: &Palette) -> Vec<DrawnCell> {
    let cells = comparison.cells.iter().enumerate();
    let cells = cells.map(|(index, cell)| {
        let context = CellContext {
            comparison,
            cell,
            index,
            palette,
        };
        let charts = CHARTS
            .iter()
            .filter_map(|(chart, most)| Some((chart(&context)?.markup(), *most)));
        DrawnCell {
            id: context.id("cell"),
            title: context.title(),
            charts: charts.collect(),
        }
    });
    cells.collect()
}

impl DrawnCell {
    fn section(&self, reduction: usize) -> Markup {
        let shown = self.charts.iter().filter(|(_, most)| reduction <= *most);
        section(
            &self.id,
            &self.title,
            &html! { @for (chart, _) in shown { (chart) } },
        )
    }
}
