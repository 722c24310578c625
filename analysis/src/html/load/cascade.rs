//! Parts of a whole, one below the other, each beginning where the one before it ends.

use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::chart::scale::Scale;
use crate::html::chart::shape::{coordinate, rectangle};
use maud::{Markup, html};

/// The height of a row.
const ROW: f64 = 30.0;

/// The part of the width that the bars take; to their right is room for the text of the last one.
const BARS: f64 = 0.78;

/// A part.
pub(super) struct CascadePart {
    pub(super) name: String,
    /// The class of its bar.
    pub(super) class: &'static str,
    /// Its size in microseconds.
    pub(super) us: f64,
    /// What stands beside its bar.
    pub(super) text: String,
}

/// The height and the drawing of the parts of a time.
pub(super) fn cascade(title: &str, parts: &[CascadePart]) -> (f64, Markup) {
    let total = parts.iter().map(|part| part.us).sum::<f64>().max(1.0);
    let mut axis = Axis::durations(
        title,
        Scale::Linear {
            min: 0.0,
            max: total / BARS,
        },
    );
    axis.ticks.retain(|(us, _)| *us <= 1.001 * total);
    let labels = parts.iter().map(|part| (part.name.as_str(), None));
    let frame = PlotFrame::rows(axis, labels, ROW);
    let mut end = 0.0;
    let bars = parts.iter().enumerate().map(|(index, part)| {
        let begin = end;
        end += part.us;
        bar(&frame, index, [begin, end], part)
    });
    let bars: Vec<Markup> = bars.collect();
    (
        frame.height(),
        html! { (frame.draw()) @for bar in &bars { (bar) } },
    )
}

fn bar(frame: &PlotFrame, index: usize, ends: [f64; 2], part: &CascadePart) -> Markup {
    let middle = frame.row(index);
    let [from, to] = ends.map(|end| frame.x(end));
    html! {
        path class={ "bar " (part.class) } d=(rectangle(from, middle - ROW / 2.0 + 5.0, to - from, ROW - 10.0)) {}
        text x=(coordinate(to + 8.0)) y=(coordinate(middle + 4.0)) { (part.text) }
    }
}
