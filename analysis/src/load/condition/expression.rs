//! Conditions as plain data, and their text.

use super::metric::LoadMetric;
use crate::comparison::threshold::{Comparator, Dimension, Quantity};
use serde_with::{DeserializeFromStr, SerializeDisplay};
use std::fmt;

/// Terms that are joined by `and` and `or`, where `and` binds tighter: `p99 < 50ms and errors < 0.1% or rate < 100/s`.
#[derive(Clone, Debug, PartialEq, SerializeDisplay, DeserializeFromStr)]
#[non_exhaustive]
pub struct LoadCondition {
    /// The condition holds if all terms of any of these hold; neither list is empty.
    pub any_of: Vec<Vec<LoadTerm>>,
}

/// `METRIC OP NUMBER`, such as `service.p99 < 50ms`; or, relative to an earlier result, `p99/baseline > 1.1`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LoadTerm {
    /// The figure.
    pub metric: LoadMetric,
    /// Whether the figure is divided by that of the earlier result.
    pub is_relative: bool,
    /// The comparison operator.
    pub comparator: Comparator,
    /// The limit. For a figure that is a part of all requests, its unit decides: a share with `%`, otherwise a number.
    pub limit: Quantity,
}

impl LoadCondition {
    /// All terms, in the order of the text.
    pub fn terms(&self) -> impl Iterator<Item = &LoadTerm> {
        self.any_of.iter().flatten()
    }

    /// Whether it needs an earlier result.
    pub fn needs_baseline(&self) -> bool {
        self.terms().any(|term| term.is_relative)
    }

    /// The number of latencies that its percentiles need: 299 with p99; `None` without percentiles.
    pub fn required_samples(&self) -> Option<u64> {
        let required = self.terms().map(|term| term.metric.required_samples());
        required.flatten().max()
    }
}

impl LoadTerm {
    /// The kind of quantity that is compared.
    pub(super) fn dimension(&self) -> Dimension {
        if self.is_relative {
            Dimension::Ratio
        } else if self.metric.is_part() && self.limit.is_percentage() {
            Dimension::Share
        } else {
            self.metric.dimension()
        }
    }

    /// The name of the figure: `p99`, `p99/baseline`.
    pub(super) fn subject(&self) -> String {
        let relative = if self.is_relative { "/baseline" } else { "" };
        format!("{}{relative}", self.metric)
    }
}

impl fmt::Display for LoadCondition {
    /// Reads back as the same condition.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |terms: &Vec<LoadTerm>| {
            let terms: Vec<_> = terms.iter().map(LoadTerm::to_string).collect();
            terms.join(" and ")
        };
        let alternatives: Vec<_> = self.any_of.iter().map(join).collect();
        f.write_str(&alternatives.join(" or "))
    }
}

impl fmt::Display for LoadTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.subject(), self.comparator, self.limit)
    }
}
