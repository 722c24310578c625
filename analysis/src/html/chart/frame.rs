//! The frame of a plot: where its area is, with grid, ticks and titles.

use super::axis::Axis;
use super::label::{clipped, fitting, width};
use super::scale::Scale;
use super::shape::coordinate;
use super::{WIDTH, palette::SeriesStyle};
use maud::{Markup, html};

/// The space above the area, for the title of the vertical axis.
const TOP: f64 = 26.0;
/// The space below the area, for ticks and the title of the horizontal axis.
const BOTTOM: f64 = 40.0;
/// The space right of the area, for half of the last tick.
const RIGHT: f64 = 24.0;
/// The most characters of the label of a row.
const MAX_LABEL: usize = 28;

/// A plot with a horizontal axis, and with a vertical one, labelled rows or neither.
#[derive(Clone, Debug)]
pub(crate) struct PlotFrame {
    horizontal: Axis,
    vertical: Vertical,
    left: f64,
    bottom: f64,
    right: f64,
}

#[derive(Clone, Debug)]
enum Vertical {
    None,
    Axis(Axis),
    Rows {
        height: f64,
        labels: Vec<(String, Option<SeriesStyle>)>,
    },
}

impl PlotFrame {
    /// A plot of two axes whose area is this high.
    pub(crate) fn new(horizontal: Axis, vertical: Axis, height: f64) -> PlotFrame {
        let widest = vertical.ticks.iter().map(|(_, text)| width(text));
        PlotFrame {
            left: widest.fold(24.0, f64::max) + 12.0,
            bottom: TOP + height,
            right: WIDTH - RIGHT,
            vertical: Vertical::Axis(vertical),
            horizontal,
        }
    }

    /// A plot with a row of this height for each label; contenders have their markers beside their labels.
    pub(crate) fn rows<'a>(
        horizontal: Axis,
        labels: impl Iterator<Item = (&'a str, Option<SeriesStyle>)>,
        height: f64,
    ) -> PlotFrame {
        let labels: Vec<_> = labels
            .map(|(name, style)| (clipped(name, MAX_LABEL), style))
            .collect();
        let widest = labels.iter().map(|(label, _)| width(label));
        PlotFrame {
            left: widest.fold(40.0, f64::max) + 30.0,
            bottom: TOP + height * labels.len() as f64,
            right: WIDTH - RIGHT,
            vertical: Vertical::Rows { height, labels },
            horizontal,
        }
    }

    /// A plot without a vertical axis, whose area is this high.
    pub(crate) fn plain(horizontal: Axis, height: f64) -> PlotFrame {
        PlotFrame {
            left: 12.0,
            bottom: TOP + height,
            right: WIDTH - RIGHT,
            vertical: Vertical::None,
            horizontal,
        }
    }

    /// These plots, one below the other, with the left ends of their areas in a line.
    pub(crate) fn aligned(frames: [PlotFrame; 2]) -> [PlotFrame; 2] {
        let left = frames.iter().map(|frame| frame.left).fold(0.0, f64::max);
        frames.map(|frame| PlotFrame { left, ..frame })
    }

    /// The same plot with room for these texts at the right of its rows, where [`beside`](PlotFrame::beside) puts them.
    pub(crate) fn with_texts<'a>(self, texts: impl Iterator<Item = &'a str>) -> PlotFrame {
        let widest = texts.map(width).fold(0.0, f64::max);
        PlotFrame {
            right: WIDTH - RIGHT.max(widest + 20.0),
            ..self
        }
    }

    /// A text at the right of a row.
    pub(crate) fn beside(&self, row: usize, text: &str) -> Markup {
        let (x, y) = (
            coordinate(self.right + 12.0),
            coordinate(self.row(row) + 4.0),
        );
        html! { text x=(x) y=(y) { (text) } }
    }

    /// The height of the chart.
    pub(crate) fn height(&self) -> f64 {
        self.bottom + BOTTOM
    }

    /// The left, top, right and bottom ends of the area.
    pub(crate) fn area(&self) -> [f64; 4] {
        [self.left, TOP, self.right, self.bottom]
    }

    /// The value at the right end of a linear horizontal axis; 1 on another axis.
    pub(crate) fn horizontal_end(&self) -> f64 {
        match self.horizontal.scale {
            Scale::Linear { max, .. } => max,
            Scale::Log { .. } | Scale::Percentile { .. } => 1.0,
        }
    }

    /// The horizontal position of a value.
    pub(crate) fn x(&self, value: f64) -> f64 {
        let [left, _, right, _] = self.area();
        left + (right - left) * self.horizontal.scale.share(value)
    }

    /// The vertical position of a value; the bottom if the plot has rows.
    pub(crate) fn y(&self, value: f64) -> f64 {
        let [_, top, _, bottom] = self.area();
        match &self.vertical {
            Vertical::Axis(axis) => bottom - (bottom - top) * axis.scale.share(value),
            Vertical::None | Vertical::Rows { .. } => bottom,
        }
    }

    /// The vertical position of the middle of a row, from 0.
    pub(crate) fn row(&self, index: usize) -> f64 {
        match &self.vertical {
            Vertical::None | Vertical::Axis(_) => self.bottom,
            Vertical::Rows { height, .. } => TOP + height * (index as f64 + 0.5),
        }
    }

    /// Grid, ticks, labels and titles, to be drawn below the marks.
    pub(crate) fn draw(&self) -> Markup {
        let [left, top, right, bottom] = self.area().map(coordinate);
        html! {
            g.grid {
                @for (value, _) in &self.horizontal.ticks {
                    @let x = coordinate(self.x(*value));
                    path d={ "M" (x) " " (top) "V" (bottom) } {}
                }
                @if let Vertical::Axis(axis) = &self.vertical {
                    @for (value, _) in &axis.ticks {
                        @let y = coordinate(self.y(*value));
                        path d={ "M" (left) " " (y) "H" (right) } {}
                    }
                }
            }
            path.axis d={ "M" (left) " " (bottom) "H" (right) } {}
            g.ticks text-anchor="middle" {
                @for (value, text) in self.spaced_ticks() {
                    text x=(coordinate(self.x(value))) y=(coordinate(self.bottom + 16.0)) { (text) }
                }
            }
            text.axis-title text-anchor="end" x=(right) y=(coordinate(self.bottom + 34.0)) {
                (clipped(&self.horizontal.title, fitting(self.right)))
            }
            (self.draw_vertical())
        }
    }

    /// The ticks of the horizontal axis whose texts do not touch each other.
    fn spaced_ticks(&self) -> Vec<(f64, &str)> {
        let mut free_from = f64::NEG_INFINITY;
        let ticks = self.horizontal.ticks.iter().filter_map(|(value, text)| {
            let (middle, half) = (self.x(*value), width(text) / 2.0);
            let is_free = middle - half >= free_from;
            is_free.then(|| {
                free_from = middle + half + 8.0;
                (*value, text.as_str())
            })
        });
        ticks.collect()
    }

    fn draw_vertical(&self) -> Markup {
        match &self.vertical {
            Vertical::None => Markup::default(),
            Vertical::Axis(axis) => html! {
                g.ticks text-anchor="end" {
                    @for (value, text) in &axis.ticks {
                        text x=(coordinate(self.left - 7.0)) y=(coordinate(self.y(*value) + 4.0)) { (text) }
                    }
                }
                text.axis-title x="2" y="11" { (axis.title) }
            },
            Vertical::Rows { labels, .. } => html! {
                g.rows text-anchor="end" {
                    @for (index, (label, style)) in labels.iter().enumerate() {
                        @let middle = self.row(index);
                        text class=[style.is_none().then_some("minor")] x=(coordinate(self.left - 22.0)) y=(coordinate(middle + 4.0)) { (label) }
                        @if let Some(style) = style {
                            (style.marks(&style.marker(self.left - 11.0, middle, 3.6)))
                        }
                    }
                }
            },
        }
    }
}
