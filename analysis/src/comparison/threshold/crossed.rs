//! The evaluation of thresholds.

use super::metric::Metric;
use super::parse::Threshold;
use std::fmt;

/// A threshold that cannot be evaluated, because a metric is missing: no efficiency without a bound, no percentile
/// without samples.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{threshold}` cannot be evaluated: no {metric} for {name}", metric = threshold.metric)]
pub struct MissingMetric {
    /// The threshold.
    pub threshold: Box<Threshold>,
    /// The strategy whose metric is missing.
    pub name: String,
}

/// A threshold that was crossed.
#[derive(Clone, Debug, PartialEq)]
pub struct CrossedThreshold {
    /// The threshold.
    pub threshold: Threshold,
    /// The measured value, in the base unit.
    pub measured: f64,
}

impl Threshold {
    /// Whether the threshold is crossed. `metric` gives the value of a strategy's metric in the base unit: seconds,
    /// bytes, a share of 1, downloads, downloads per second.
    ///
    /// # Errors
    /// If a metric is missing, or the divisor is 0.
    pub fn evaluate(
        &self,
        metric: impl Fn(&str, Metric) -> Option<f64>,
    ) -> Result<Option<CrossedThreshold>, MissingMetric> {
        let missing = |name: &str| MissingMetric {
            threshold: Box::new(self.clone()),
            name: name.to_owned(),
        };
        let known = |name: &str| {
            let value = metric(name, self.metric).filter(|value| value.is_finite());
            value.ok_or_else(|| missing(name))
        };
        let mut measured = known(&self.name)?;
        if let Some(over) = &self.over {
            measured /= known(over)?;
            if !measured.is_finite() {
                return Err(missing(over));
            }
        }
        let is_crossed = self.comparator.holds(measured, self.quantity.base());
        Ok(is_crossed.then(|| CrossedThreshold {
            threshold: self.clone(),
            measured,
        }))
    }
}

impl fmt::Display for CrossedThreshold {
    /// `async.p99 > 80ms: measured 93.1ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let measured = self.threshold.quantity.in_same_unit(self.measured);
        write!(f, "{}: measured {measured}", self.threshold)
    }
}
