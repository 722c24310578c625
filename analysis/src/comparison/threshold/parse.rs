//! Thresholds and their text form.

use super::comparator::Comparator;
use super::error::ThresholdError;
use super::metric::Metric;
use super::quantity::{Quantity, QuantityKind};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// `NAME.METRIC OP NUMBER`, such as `async.efficiency < 0.9`, or with a ratio of two strategies,
/// `threads/async.wall > 1.2`. A threshold is crossed if the condition holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Threshold {
    /// The strategy.
    pub name: String,
    /// The strategy whose metric divides that of `name`, if the threshold is about a ratio.
    pub over: Option<String>,
    /// The metric.
    pub metric: Metric,
    /// The comparison operator.
    pub comparator: Comparator,
    /// The limit.
    pub quantity: Quantity,
}

impl Threshold {
    /// Checks that all names are known.
    ///
    /// # Errors
    /// With the first unknown name and the known ones.
    pub fn check_names(&self, known: &[&str]) -> Result<(), ThresholdError> {
        let mut names = std::iter::once(&self.name).chain(&self.over);
        let is_unknown = |name: &&String| !known.contains(&name.as_str());
        match names.find(is_unknown) {
            Some(name) => Err(ThresholdError::Name(name.clone(), known.join(", "))),
            None => Ok(()),
        }
    }
}

impl FromStr for Threshold {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Threshold, ThresholdError> {
        let form = || ThresholdError::Form(text.to_owned());
        let at = text.find(['<', '>']).ok_or_else(form)?;
        let (subject, rest) = text.split_at(at);
        let (names, metric) = subject.rsplit_once('.').ok_or_else(form)?;
        let (name, over) = match names.split_once('/') {
            Some((name, over)) => (name.trim(), Some(over.trim())),
            None => (names.trim(), None),
        };
        if name.is_empty() || over.is_some_and(str::is_empty) {
            return Err(form());
        }
        let (comparator, number) = Comparator::split(rest).ok_or_else(form)?;
        let metric: Metric = metric.trim().parse()?;
        let kind = match over {
            Some(_) => QuantityKind::Share,
            None => metric.kind(),
        };
        Ok(Threshold {
            name: name.to_owned(),
            over: over.map(str::to_owned),
            metric,
            comparator,
            quantity: Quantity::parse(number.trim(), kind)?,
        })
    }
}

impl fmt::Display for Threshold {
    /// Reads back as the same threshold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Threshold {
            name,
            over,
            metric,
            comparator,
            quantity,
        } = self;
        f.write_str(name)?;
        if let Some(over) = over {
            write!(f, "/{over}")?;
        }
        write!(f, ".{metric} {comparator} {quantity}")
    }
}

impl TryFrom<String> for Threshold {
    type Error = ThresholdError;

    fn try_from(text: String) -> Result<Threshold, ThresholdError> {
        text.parse()
    }
}

impl From<Threshold> for String {
    fn from(threshold: Threshold) -> String {
        threshold.to_string()
    }
}
