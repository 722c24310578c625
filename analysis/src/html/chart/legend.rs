//! The legend of a chart: text beside a piece of each line or a swatch of each pattern. It is HTML, so that it wraps.

use super::label::clipped;
use super::palette::SeriesStyle;
use maud::{Markup, html};

/// The most characters of a name in a legend.
const MAX_NAME: usize = 60;

/// A legend of lines with markers.
pub(crate) fn of_series<'a>(series: impl IntoIterator<Item = (&'a str, SeriesStyle)>) -> Markup {
    html! {
        ul.legend {
            @for (name, style) in series {
                li {
                    svg viewBox="0 0 34 12" width="34" height="12" aria-hidden="true" {
                        (style.line("M1 6H33"))
                        (style.marks(&style.marker(17.0, 6.0, 3.6)))
                    }
                    bdi { (clipped(name, MAX_NAME)) }
                }
            }
        }
    }
}

/// A legend of areas: the class of each, which sets its fill, and what it means.
pub(crate) fn of_areas<'a>(areas: impl IntoIterator<Item = (&'a str, &'a str)>) -> Markup {
    html! {
        ul.legend {
            @for (class, meaning) in areas {
                li {
                    svg viewBox="0 0 34 12" width="34" height="12" aria-hidden="true" {
                        path class=(class) d="M1 1h32v10h-32z" {}
                    }
                    bdi { (clipped(meaning, MAX_NAME)) }
                }
            }
        }
    }
}
