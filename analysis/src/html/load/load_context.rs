//! What every chart of a load run needs.

use super::time_chart::{HEIGHT, time_axis};
use super::time_points::TimePoints;
use crate::html::chart::axis::Axis;
use crate::html::chart::frame::PlotFrame;
use crate::html::figure::Figure;
use crate::html::table::DataTable;
use crate::load::{LoadResult, have_gaps};
use crate::validity::Validity;
use maud::{Markup, html};

/// A result, and its seconds as points.
pub(super) struct LoadContext<'a> {
    pub(super) result: &'a LoadResult,
    /// Empty if no axis of time can show all of them, see [`LoadContext::has_gaps`].
    pub(super) time: TimePoints,
    /// Whether no process ran for long times: what was before and after has no place on one axis.
    pub(super) has_gaps: bool,
}

impl<'a> LoadContext<'a> {
    pub(super) fn new(result: &'a LoadResult) -> LoadContext<'a> {
        let has_gaps = have_gaps(&result.seconds);
        let seconds = if has_gaps { &[] } else { &result.seconds[..] };
        LoadContext {
            result,
            time: TimePoints::new(seconds),
            has_gaps,
        }
    }

    /// Whether the figures must not be used.
    pub(super) fn is_invalid(&self) -> bool {
        self.result.verdict.validity == Validity::Invalid
    }

    /// A plot over the time of the run.
    pub(super) fn time_frame(&self, vertical: Axis) -> PlotFrame {
        let window_us = self.result.figures.window_us;
        let has_warm_up = self.result.asked.warm_up_us > 0;
        PlotFrame::new(
            time_axis(&self.time, window_us, has_warm_up),
            vertical,
            HEIGHT,
        )
    }

    /// A figure without picture and table.
    pub(super) fn figure(&self, id: &str, title: &str) -> Figure {
        Figure {
            id: id.to_owned(),
            title: title.to_owned(),
            conclusion: String::new(),
            reading: String::new(),
            drawing: html! {},
            height: 0.0,
            legend: Markup::default(),
            table: DataTable::default(),
            is_invalid: self.is_invalid(),
            level: 3,
        }
    }
}
