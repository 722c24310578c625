//! How areas are filled: by a pattern and a colour each, so that neither alone tells them apart.

use maud::{Markup, html};

/// The strokes of the patterns within a tile of 8 by 8 units; the first has none.
const STROKES: [&str; 7] = [
    "",
    "M-2 2L2 -2M0 8L8 0M6 10L10 6",
    "M-2 6L2 10M0 0L8 8M6 -2L10 2",
    "M4 3v2M0 -1v2M8 -1v2M0 7v2M8 7v2",
    "M0 2H8M0 6H8",
    "M2 0V8M6 0V8",
    "M0 4H8M4 0V8",
];

/// The fill of an area.
#[derive(Clone, Debug)]
pub(crate) struct Fill {
    id: String,
    colour: usize,
    strokes: &'static str,
}

impl Fill {
    /// The fill of a kind of area in the figure with this identifier: the colour is that of the class `s0` to `s6`, the
    /// pattern is one of 7, of which 0 is plain.
    pub(crate) fn new(figure: &str, colour: usize, pattern: usize) -> Fill {
        let (colour, pattern) = (colour % 7, pattern % STROKES.len());
        Fill {
            id: format!("{figure}-f{colour}{pattern}"),
            colour,
            strokes: STROKES[pattern],
        }
    }

    /// The pattern, to be once in the drawing of the figure.
    pub(crate) fn definition(&self) -> Markup {
        html! {
            pattern id=(self.id) class={ "s" (self.colour) } width="8" height="8" patternUnits="userSpaceOnUse" {
                path.tint d="M0 0h8v8h-8z" {}
                @if !self.strokes.is_empty() { path.hatch d=(self.strokes) {} }
            }
        }
    }

    /// An area.
    pub(crate) fn area(&self, path: &str) -> Markup {
        html! { path class={ "edge s" (self.colour) } fill={ "url(#" (self.id) ")" } d=(path) {} }
    }
}
