//! A chart with all that belongs to it: title, conclusion, how to read it, and the table of its figures.

use super::chart::WIDTH;
use super::chart::label::{clipped, visible};
use super::chart::shape::coordinate;
use super::prose::prose;
use super::table::DataTable;
use maud::{Markup, html};

/// The most characters of a conclusion, which names contenders.
const MAX_CONCLUSION: usize = 1200;

/// A chart of a report.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// The identifier, once on a page, in letters, digits and hyphens.
    pub(crate) id: String,
    /// The title: what is shown.
    pub(crate) title: String,
    /// What follows from it, with numbers, in one or two sentences. It is also the description of the picture.
    pub(crate) conclusion: String,
    /// One sentence on how to read it.
    pub(crate) reading: String,
    /// The content of the picture, [`WIDTH`] units wide.
    pub(crate) drawing: Markup,
    /// The height of the picture in units.
    pub(crate) height: f64,
    /// What its marks mean; empty if they have labels.
    pub(crate) legend: Markup,
    /// The figures that it shows.
    pub(crate) table: DataTable,
    /// Whether its figures must not be used: then it is grey and says so.
    pub(crate) is_invalid: bool,
    /// The level of the heading, 2 to 6.
    pub(crate) level: u8,
}

impl Figure {
    /// The figure as HTML.
    pub(crate) fn markup(&self) -> Markup {
        let class = if self.is_invalid {
            "figure invalid"
        } else {
            "figure"
        };
        let (id, title) = (&self.id, visible(&self.title));
        html! {
            figure id=(id) class=(class) aria-labelledby={ (id) "-h" } {
                (heading(self.level, &format!("{id}-h"), &title))
                p.conclusion { bdi { (self.warning()) (prose(&self.shown_conclusion())) } }
                div.plot tabindex="0" role="group" aria-label={ (title) ": chart" } { (self.picture()) }
                div.aside {
                    (self.legend)
                    p.reading { (prose(&self.reading)) }
                }
                details {
                    summary { "Figures: " (title) }
                    (self.table.markup())
                }
            }
        }
    }

    fn picture(&self) -> Markup {
        let id = &self.id;
        let size = format!("0 0 {WIDTH} {}", coordinate(self.height));
        html! {
            svg.chart viewBox=(size) role="img" aria-labelledby={ (id) "-t " (id) "-d" } {
                title id={ (id) "-t" } { (visible(&self.title)) }
                desc id={ (id) "-d" } { (self.warning()) (self.shown_conclusion()) }
                g.drawing { (self.drawing) }
                @if self.is_invalid {
                    text.stamp text-anchor="end" x=(WIDTH - 24.0) y="14" { "INVALID: these figures must not be used" }
                }
            }
        }
    }

    fn shown_conclusion(&self) -> String {
        clipped(&self.conclusion, MAX_CONCLUSION)
    }

    /// What stands before a conclusion that must not be used.
    fn warning(&self) -> &'static str {
        if self.is_invalid {
            "INVALID, must not be used: "
        } else {
            ""
        }
    }
}

/// A heading of this level.
pub(crate) fn heading(level: u8, id: &str, text: &str) -> Markup {
    html! {
        @match level {
            2 => h2 id=(id) { (text) },
            3 => h3 id=(id) { (text) },
            4 => h4 id=(id) { (text) },
            5 => h5 id=(id) { (text) },
            _ => h6 id=(id) { (text) },
        }
    }
}
