//! An axis: a scale with its ticks and title.

use super::scale::Scale;
use super::units;

/// Ticks of a logarithmic axis whose ends differ by more than this factor each name their unit.
const WIDE: f64 = 8.0;

/// An axis of a plot.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    /// Where values lie.
    pub(crate) scale: Scale,
    /// Values with their texts.
    pub(crate) ticks: Vec<(f64, String)>,
    /// What the axis shows, with its unit if the ticks have none.
    pub(crate) title: String,
}

impl Axis {
    /// An axis of durations in microseconds.
    pub(crate) fn durations(title: impl Into<String>, scale: Scale) -> Axis {
        match scale {
            Scale::Log { min, max } if max > WIDE * min => {
                Axis::new(title, scale, units::separate_duration_ticks)
            }
            _ => Axis::new(title, scale, units::duration_ticks),
        }
    }

    /// An axis of plain numbers.
    pub(crate) fn numbers(title: impl Into<String>, scale: Scale) -> Axis {
        Axis::new(title, scale, units::number_ticks)
    }

    /// An axis of ratios.
    pub(crate) fn ratios(title: impl Into<String>, scale: Scale) -> Axis {
        Axis::new(title, scale, units::ratio_ticks)
    }

    /// An axis of shares as percentages.
    pub(crate) fn shares(title: impl Into<String>, scale: Scale) -> Axis {
        Axis::new(title, scale, units::share_ticks)
    }

    /// An axis of quantiles.
    pub(crate) fn quantiles(title: impl Into<String>, scale: Scale) -> Axis {
        Axis::new(title, scale, units::quantile_ticks)
    }

    /// An axis whose ticks have the texts that this function gives.
    pub(crate) fn new(
        title: impl Into<String>,
        scale: Scale,
        texts: fn(&[f64]) -> Vec<(f64, String)>,
    ) -> Axis {
        Axis {
            scale,
            ticks: texts(&scale.ticks(6)),
            title: title.into(),
        }
    }
}
