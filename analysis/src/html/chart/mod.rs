//! The parts of charts: scales with their ticks, the frame of a plot, and the styles that distinguish contenders. All are pure
//! functions from figures to SVG.
//!
//! A chart is drawn in a view box [`WIDTH`] units wide. The page shows a unit as about a pixel and never smaller than
//! 0.83 pixels: on a narrower screen a chart scrolls within its own region. So text of 12 units is always readable.
//!
//! How a chart is made:
//!
//! 1. a [`Scale`](scale::Scale) for each axis, and an [`Axis`](axis::Axis) with its ticks and title;
//! 2. a [`PlotFrame`](frame::PlotFrame) of both axes, or of one axis and labelled rows: it draws grid, ticks and titles and
//!    gives positions ([`x`](frame::PlotFrame::x), [`y`](frame::PlotFrame::y), [`row`](frame::PlotFrame::row));
//! 3. marks, in classes of the style (`line`, `dot`, `dots`, `band`) and in the class of their contender
//!    ([`SeriesStyle`](palette::SeriesStyle)), which sets `currentColor`, or in that of a pattern ([`area_style`]); paths
//!    from [`shape`];
//! 4. a [`Figure`](super::figure::Figure) around it, with title, conclusion, legend and table.

pub(crate) mod area_style;
pub(crate) mod axis;
pub(crate) mod frame;
pub(crate) mod label;
pub(crate) mod legend;
pub(crate) mod palette;
pub(crate) mod scale;
pub(crate) mod shape;
pub(crate) mod units;

/// The width of every chart in units of its view box.
pub(crate) const WIDTH: f64 = 720.0;
