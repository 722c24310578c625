//! Areas that differ by colour and pattern: phases of attempts, outcomes.

use maud::{Markup, html};

/// The number of different areas.
pub(crate) const AREAS: usize = 8;

/// The strokes of each pattern, in a tile 6 units wide and high.
const STROKES: [&str; AREAS] = [
    "M0 1.5h1.5M3 4.5h1.5",
    "M0 1.5h6M0 4.5h6",
    "M0 0l6 6M6 0l-6 6",
    "",
    "M1.5 0v6M4.5 0v6",
    "M-1.5 1.5l3-3M0 6l6-6M4.5 7.5l3-3",
    "M-1.5 4.5l3 3M0 0l6 6M4.5-1.5l3 3",
    "M0 3h6M3 0v6",
];

/// The class of an area at this position, from 0; areas repeat after [`AREAS`].
pub(crate) fn class(index: usize) -> String {
    format!("a{}", index % AREAS)
}

/// The patterns, once on a page. The style refers to them and gives their colours.
pub(crate) fn patterns() -> Markup {
    html! {
        svg.patterns width="0" height="0" aria-hidden="true" { defs {
            @for (index, strokes) in STROKES.iter().enumerate() {
                pattern id={ "a" (index) } width="6" height="6" patternUnits="userSpaceOnUse" {
                    path class={ "f" (index) } d="M0 0h6v6h-6z" {}
                    @if !strokes.is_empty() { path.weave d=(strokes) {} }
                }
            }
        } }
    }
}
