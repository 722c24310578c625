//! Thresholds as plain data, and their text.

use super::dimension::Dimension;
use super::metric::{Metric, RunMetric};
use super::quantity::Quantity;
use serde_with::{DeserializeFromStr, SerializeDisplay};
use std::fmt;
use strum::{Display, EnumIter, IntoStaticStr};

/// `NAME.METRIC OP NUMBER`, such as `async.efficiency < 0.9`; with a ratio, `threads/async.wall > 1.2` or
/// `async/baseline.wall > 1.1`; with an end of a confidence interval, `async/baseline.wall.low > 1.1`. A threshold is
/// crossed if the condition holds.
#[derive(Clone, Debug, PartialEq, SerializeDisplay, DeserializeFromStr)]
pub struct Threshold {
    /// The strategy.
    pub name: String,
    /// What the metric of the strategy is divided by, if the threshold is about a ratio.
    pub relative_to: Option<RelativeTo>,
    /// The metric.
    pub metric: Metric,
    /// The end of the 95% confidence interval that is compared with the limit, instead of the figure itself.
    pub interval_end: Option<IntervalEnd>,
    /// The comparison operator.
    pub comparator: Comparator,
    /// The limit.
    pub limit: Quantity,
}

/// What a ratio divides by.
#[derive(Clone, Debug, PartialEq, Eq, Display)]
pub enum RelativeTo {
    /// The same metric of the strategy of this name.
    #[strum(to_string = "{0}")]
    Strategy(String),
    /// The same metric of the same strategy in an earlier result.
    #[strum(to_string = "baseline")]
    Baseline,
}

/// An end of a confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum IntervalEnd {
    /// The lower end.
    Low,
    /// The upper end.
    High,
}

/// A comparison operator. In the order of parsing: `<=` before `<`, which would match the start of `<=` too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumIter, IntoStaticStr)]
pub enum Comparator {
    /// `<=`
    #[strum(serialize = "<=")]
    AtMost,
    /// `>=`
    #[strum(serialize = ">=")]
    AtLeast,
    /// `<`
    #[strum(serialize = "<")]
    Less,
    /// `>`
    #[strum(serialize = ">")]
    More,
}

impl Threshold {
    pub(super) fn dimension(&self) -> Dimension {
        match self.relative_to {
            Some(_) => Dimension::Ratio,
            None => self.metric.dimension(),
        }
    }

    /// Whether it is about a ratio of wall times: the only ratio with a confidence interval.
    pub(super) fn is_wall_ratio(&self) -> bool {
        self.relative_to.is_some() && self.metric == Metric::Run(RunMetric::Wall)
    }

    /// Whether it is about a latency of downloads or attempts.
    pub fn is_about_latency(&self) -> bool {
        matches!(self.metric, Metric::Latency(_))
    }

    /// Whether it needs an earlier result.
    pub fn needs_baseline(&self) -> bool {
        self.relative_to == Some(RelativeTo::Baseline)
    }
}

impl IntervalEnd {
    pub(super) fn of<T>(self, [low, high]: [T; 2]) -> T {
        match self {
            IntervalEnd::Low => low,
            IntervalEnd::High => high,
        }
    }
}

impl Comparator {
    pub(crate) fn holds(self, measured: f64, limit: f64) -> bool {
        match self {
            Comparator::AtMost => measured <= limit,
            Comparator::AtLeast => measured >= limit,
            Comparator::Less => measured < limit,
            Comparator::More => measured > limit,
        }
    }
}

impl fmt::Display for Threshold {
    /// Reads back as the same threshold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(other) = &self.relative_to {
            write!(f, "/{other}")?;
        }
        write!(f, ".{}", self.metric)?;
        if let Some(end) = self.interval_end {
            write!(f, ".{end}")?;
        }
        write!(f, " {} {}", self.comparator, self.limit)
    }
}
