//! What every chart of a cell needs.

use crate::comparison::{Cell, Comparison, StrategyResult};
use crate::html::chart::label::clipped;
use crate::html::chart::palette::{Palette, SeriesStyle};
use crate::html::figure::Figure;
use crate::html::table::DataTable;
use crate::validity::Validity;
use maud::{Markup, html};

/// The most characters of the conditions in a heading.
const MAX_TITLE: usize = 120;

/// A cell within its comparison.
#[derive(Clone, Copy)]
pub(super) struct CellContext<'a> {
    pub(super) comparison: &'a Comparison,
    pub(super) cell: &'a Cell,
    /// The position of the cell, from 0.
    pub(super) index: usize,
    pub(super) palette: &'a Palette,
}

impl<'a> CellContext<'a> {
    /// An identifier that is used once on a page.
    pub(super) fn id(&self, name: &str) -> String {
        format!("{name}-{}", self.index + 1)
    }

    /// The conditions that other cells do not have; of a single cell, what its figures are about.
    pub(super) fn title(&self) -> String {
        let prefix = self.comparison.prefix(self.cell);
        match prefix.trim_end().trim_end_matches(':') {
            "" => "Figures".to_owned(),
            conditions => clipped(conditions, MAX_TITLE),
        }
    }

    /// The strategies of the cell with their looks.
    pub(super) fn styled(&self) -> impl Iterator<Item = (&'a StrategyResult, SeriesStyle)> {
        let palette = self.palette;
        let strategies = self.cell.strategies.iter();
        strategies.map(|one| (one, palette.style(&one.name)))
    }

    /// A figure without picture and table.
    pub(super) fn figure(&self, name: &str, title: &str) -> Figure {
        Figure {
            id: self.id(name),
            title: title.to_owned(),
            conclusion: String::new(),
            reading: String::new(),
            drawing: html! {},
            height: 0.0,
            legend: Markup::default(),
            table: DataTable::default(),
            is_invalid: self.cell.verdict.validity == Validity::Invalid,
            level: 3,
        }
    }
}
