//! Figures that must not be crossed, for continuous integration: `async.p99 > 80ms`.

mod metric;
mod quantity;
#[cfg(test)]
mod tests;

pub use self::metric::Metric;
pub use self::quantity::Quantity;

use self::quantity::Kind;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// `NAME.METRIC OP NUMBER`, such as `async.efficiency < 0.9`, or with a ratio of two,
/// `threads/async.wall > 1.2`. It is crossed when it holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Threshold {
    /// Whose figure it is about.
    pub name: String,
    /// Whose figure it is divided by, if it is.
    pub over: Option<String>,
    /// Which figure.
    pub metric: Metric,
    /// How it is compared.
    pub comparator: Comparator,
    /// What it is compared with.
    pub quantity: Quantity,
}

/// How a figure is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparator {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

/// A threshold that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThresholdError {
    /// It has another form.
    #[error("expected `NAME.METRIC OP NUMBER`, such as `async.p99 > 80ms`, got `{0}`")]
    Form(String),
    /// There is no such figure.
    #[error("unknown metric `{0}`; known: {known}", known = Metric::known())]
    Metric(String),
    /// The number is none, or not one of this metric.
    #[error("expected {1}, got `{0}`")]
    Quantity(String, &'static str),
    /// There is no such name.
    #[error("unknown strategy `{0}`; known: {1}")]
    Name(String, String),
}

/// A threshold that can not be judged, because there is no such figure: no efficiency without a bound, no
/// percentile without a sample.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{threshold}` can not be judged: there is no {metric} of {name}", metric = threshold.metric)]
pub struct NoFigure {
    /// The threshold.
    pub threshold: Box<Threshold>,
    /// Whose figure is missing.
    pub name: String,
}

/// A threshold that was crossed.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossed {
    /// The threshold.
    pub threshold: Threshold,
    /// The figure, in the unit of [`Quantity::base`].
    pub figure: f64,
}

impl Threshold {
    /// Whether all names are known.
    ///
    /// # Errors
    /// With the first that is not, and those that are.
    pub fn refers_to(&self, known: &[&str]) -> Result<(), ThresholdError> {
        let mut names = std::iter::once(&self.name).chain(&self.over);
        let is_unknown = |name: &&String| !known.contains(&name.as_str());
        match names.find(is_unknown) {
            Some(name) => Err(ThresholdError::Name(name.clone(), known.join(", "))),
            None => Ok(()),
        }
    }

    /// Whether it is crossed. `figure` gives the figure of a name, in the base unit: seconds, bytes, a
    /// share of 1, downloads, downloads a second.
    ///
    /// # Errors
    /// If a figure is missing, or is to be divided by 0.
    pub fn judge(
        &self,
        figure: impl Fn(&str, Metric) -> Option<f64>,
    ) -> Result<Option<Crossed>, NoFigure> {
        let missing = |name: &str| NoFigure {
            threshold: Box::new(self.clone()),
            name: name.to_owned(),
        };
        let known = |name: &str| {
            let figure = figure(name, self.metric).filter(|figure| figure.is_finite());
            figure.ok_or_else(|| missing(name))
        };
        let mut value = known(&self.name)?;
        if let Some(over) = &self.over {
            value /= known(over)?;
            if !value.is_finite() {
                return Err(missing(over));
            }
        }
        let is_crossed = self.comparator.holds(value, self.quantity.base());
        Ok(is_crossed.then(|| Crossed {
            threshold: self.clone(),
            figure: value,
        }))
    }
}

impl Comparator {
    /// The longer first, to be found before what they begin with.
    const ALL: [(&str, Comparator); 4] = [
        ("<=", Comparator::AtMost),
        (">=", Comparator::AtLeast),
        ("<", Comparator::Less),
        (">", Comparator::More),
    ];

    fn holds(self, one: f64, other: f64) -> bool {
        match self {
            Comparator::Less => one < other,
            Comparator::AtMost => one <= other,
            Comparator::More => one > other,
            Comparator::AtLeast => one >= other,
        }
    }
}

impl FromStr for Threshold {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Threshold, ThresholdError> {
        let form = || ThresholdError::Form(text.to_owned());
        let at = text.find(['<', '>']).ok_or_else(form)?;
        let (figure, rest) = text.split_at(at);
        let (name, metric) = figure.rsplit_once('.').ok_or_else(form)?;
        let (name, over) = match name.split_once('/') {
            Some((name, over)) => (name.trim(), Some(over.trim())),
            None => (name.trim(), None),
        };
        if name.is_empty() || over.is_some_and(str::is_empty) {
            return Err(form());
        }
        let mut known = Comparator::ALL.iter();
        let (sign, comparator) = known
            .find(|known| rest.starts_with(known.0))
            .ok_or_else(form)?;
        let metric: Metric = metric.trim().parse()?;
        let kind = if over.is_some() {
            Kind::Share
        } else {
            metric.kind()
        };
        Ok(Threshold {
            name: name.to_owned(),
            over: over.map(str::to_owned),
            metric,
            comparator: *comparator,
            quantity: Quantity::parse(rest[sign.len()..].trim(), kind)?,
        })
    }
}

impl fmt::Display for Comparator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = Comparator::ALL.iter();
        let sign = all.find(|(_, comparator)| comparator == self);
        f.write_str(sign.expect("all are in the list").0)
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

impl fmt::Display for Crossed {
    /// `async.p99 > 80ms: it is 93.1ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let it = self.threshold.quantity.like(self.figure);
        write!(f, "{}: it is {it}", self.threshold)
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
