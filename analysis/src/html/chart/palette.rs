//! The style that distinguishes a contender: a colour, a dash and a marker, the same in every chart of a page.
//!
//! The colours are those of M. Okabe and K. Ito, "Color Universal Design", without the yellow, which cannot be seen on white,
//! and in the order of their contrast. `style.css` has them as the classes `s0` to `s6`; black is the colour of the text.

use super::shape;
use maud::{Markup, html};

/// The number of colours.
const COLOURS: usize = 7;

/// The dashes of lines, as SVG says them. The number is no divisor or multiple of that of colours, so that 42 contenders have
/// different lines.
const DASHES: [&str; 6] = ["", "7 3", "2 3", "9 3 2 3", "12 4", "5 2 2 2 2 2"];

/// The number of shapes of markers.
const MARKERS: usize = 5;

/// The look of one contender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeriesStyle {
    index: usize,
}

/// The contenders of a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Palette {
    names: Vec<String>,
}

impl SeriesStyle {
    /// The look of the contender at this position, from 0.
    pub(crate) const fn new(index: usize) -> SeriesStyle {
        SeriesStyle { index }
    }

    /// The class that sets `currentColor`.
    pub(crate) fn class(self) -> String {
        format!("s{}", self.index % COLOURS)
    }

    /// The value of `stroke-dasharray`; `None` for a solid line.
    pub(crate) fn dash(self) -> Option<&'static str> {
        Some(DASHES[self.index % DASHES.len()]).filter(|dash| !dash.is_empty())
    }

    /// The path of a marker around a point, about `2 * radius` wide.
    pub(crate) fn marker(self, x: f64, y: f64, radius: f64) -> String {
        let r = radius;
        match self.index % MARKERS {
            0 => shape::dot(x, y, r),
            1 => shape::rectangle(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r),
            2 => shape::line([(x, y - 1.2 * r), (x + 1.2 * r, y + r), (x - 1.2 * r, y + r)]) + "z",
            3 => {
                let corners = [
                    (x, y - 1.4 * r),
                    (x + 1.4 * r, y),
                    (x, y + 1.4 * r),
                    (x - 1.4 * r, y),
                ];
                shape::line(corners) + "z"
            }
            _ => shape::line([(x, y + 1.2 * r), (x + 1.2 * r, y - r), (x - 1.2 * r, y - r)]) + "z",
        }
    }

    /// A line along a path.
    pub(crate) fn line(self, path: &str) -> Markup {
        html! { path class={ "line " (self.class()) } stroke-dasharray=[self.dash()] d=(path) {} }
    }

    /// Half-transparent dots, as [`shape::dots`] gives them.
    pub(crate) fn dots(self, path: &str) -> Markup {
        html! { path class={ "dots " (self.class()) } d=(path) {} }
    }

    /// Filled marks along a path.
    pub(crate) fn marks(self, path: &str) -> Markup {
        html! { path class={ "dot " (self.class()) } d=(path) {} }
    }
}

impl Palette {
    /// A look for each of these names; a name that comes again has the look that it had.
    pub(crate) fn new<'a>(names: impl Iterator<Item = &'a str>) -> Palette {
        let mut palette = Palette::default();
        for name in names {
            if !palette.names.iter().any(|known| known == name) {
                palette.names.push(name.to_owned());
            }
        }
        palette
    }

    /// The look of this contender.
    pub(crate) fn style(&self, name: &str) -> SeriesStyle {
        let index = self.names.iter().position(|known| known == name);
        SeriesStyle::new(index.unwrap_or(self.names.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn contender_has_one_look_wherever_it_comes() {
        let palette = Palette::new(["threads", "async", "threads", "hedged"].into_iter());
        let indexes = ["threads", "async", "hedged"].map(|name| palette.style(name).index);
        assert_eq!(indexes, [0, 1, 2]);
    }

    #[test]
    fn twelve_contenders_have_different_lines_and_markers() {
        let looks = (0..12).map(SeriesStyle::new);
        let lines: BTreeSet<_> = looks
            .clone()
            .map(|look| (look.class(), look.dash()))
            .collect();
        let marks: BTreeSet<_> = looks
            .map(|look| (look.class(), look.marker(0.0, 0.0, 3.0)))
            .collect();
        assert_eq!((lines.len(), marks.len()), (12, 12));
    }
}
