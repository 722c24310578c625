//! Thresholds: their text form and their evaluation.

use super::quantity::{Metric, Quantity, SHARES};
use crate::comparison::document::Cell;
use serde_with::{DeserializeFromStr, SerializeDisplay};
use std::fmt;
use std::str::FromStr;
use strum::{Display, EnumIter, IntoEnumIterator as _, IntoStaticStr, VariantNames as _};

/// `NAME.METRIC OP NUMBER`, such as `async.efficiency < 0.9`, or with a ratio of two strategies,
/// `threads/async.wall > 1.2`. A threshold is crossed if the condition holds.
#[derive(Clone, Debug, PartialEq, SerializeDisplay, DeserializeFromStr)]
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

/// An invalid threshold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ThresholdError {
    /// The text has another form.
    #[error("expected `NAME.METRIC OP NUMBER`, such as `async.p99 > 80ms`, got `{0}`")]
    Form(String),
    /// The metric does not exist.
    #[error("unknown metric `{0}`; known: {known}", known = Metric::VARIANTS.join(", "))]
    Metric(String),
    /// The number is invalid, or not one of the metric: what was expected, and the text.
    #[error("expected {0}, got `{1}`")]
    Quantity(&'static str, String),
    /// The experiment has no strategy of this name.
    #[error("unknown strategy `{0}`; known: {1}")]
    Name(String, String),
}

impl Threshold {
    /// Checks that all names are known.
    ///
    /// # Errors
    /// With the first unknown name and the known ones.
    pub fn check_names(&self, known: &[&str]) -> Result<(), ThresholdError> {
        let mut names = std::iter::once(&self.name).chain(&self.over);
        match names.find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(ThresholdError::Name(name.clone(), known.join(", "))),
            None => Ok(()),
        }
    }

    /// Why the threshold is crossed in this cell: `async.p99 > 80ms: measured 93.1ms`; `None` if it is not. A threshold
    /// that cannot be evaluated is crossed, so that a missing metric does not make a comparison pass.
    pub fn crossed(&self, cell: &Cell) -> Option<String> {
        let measured = match self.measured(cell) {
            Ok(measured) => measured,
            Err(reason) => return Some(format!("`{self}` cannot be evaluated: {reason}")),
        };
        let limit = self.quantity.base();
        let holds = match self.comparator {
            Comparator::AtMost => measured <= limit,
            Comparator::AtLeast => measured >= limit,
            Comparator::Less => measured < limit,
            Comparator::More => measured > limit,
        };
        holds.then(|| format!("{self}: measured {}", self.quantity.in_same_unit(measured)))
    }

    /// The value in the base unit, or why there is none.
    fn measured(&self, cell: &Cell) -> Result<f64, String> {
        let strategy = |name: &str| cell.strategies.iter().find(|one| one.name == name);
        let missing = |name: &str| format!("no {} for {name}", self.metric);
        let value = |name: &str| {
            let value = strategy(name).and_then(|one| self.metric.value(one));
            let value = value.filter(|value| value.is_finite());
            value.ok_or_else(|| missing(name))
        };
        let measured = value(&self.name)?;
        let Some(over) = &self.over else {
            return Ok(measured);
        };
        let ratio = measured / value(over)?;
        if self.metric != Metric::Wall || self.name == *over {
            let ratio = Some(ratio).filter(|ratio| ratio.is_finite());
            return ratio.ok_or_else(|| missing(over));
        }
        // The ratio that reports show: over the rounds that both have, and of comparable strategies only.
        let stored = strategy(&self.name).and_then(|one| one.ratio_to(over));
        stored.map(|stored| stored.ratio).ok_or_else(|| {
            format!(
                "{} and {over} are not comparable: different numbers of downloads succeeded",
                self.name
            )
        })
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
        let mut comparators = Comparator::iter();
        let split = comparators.find_map(|one| Some((one, rest.strip_prefix(<&str>::from(one))?)));
        let (comparator, number) = split.ok_or_else(form)?;
        let metric = metric.trim();
        let metric: Metric = metric
            .parse()
            .map_err(|_| ThresholdError::Metric(metric.to_owned()))?;
        let units = if over.is_some() {
            &SHARES
        } else {
            metric.units()
        };
        let number = number.trim();
        let error = || ThresholdError::Quantity(units.expected, number.to_owned());
        Ok(Threshold {
            name: name.to_owned(),
            over: over.map(str::to_owned),
            metric,
            comparator,
            quantity: Quantity::parse(number, units).ok_or_else(error)?,
        })
    }
}

impl fmt::Display for Threshold {
    /// Reads back as the same threshold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(over) = &self.over {
            write!(f, "/{over}")?;
        }
        write!(f, ".{} {} {}", self.metric, self.comparator, self.quantity)
    }
}
