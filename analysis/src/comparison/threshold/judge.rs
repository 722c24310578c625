//! Judges thresholds by the results of a cell.

#[cfg(test)]
mod tests;

use super::condition::{RelativeTo, Threshold};
use super::value::Unavailable;
use crate::comparison::baseline::BaselineMatch;
use crate::comparison::document::Cell;
use crate::comparison::ratio::Ratio;
use crate::comparison::strategy_result::StrategyResult;
use crate::comparison::threshold_result::{ThresholdResult, ThresholdStatus};

/// A value in the unit of the result document; for an infinite ratio, the two values.
struct Measured {
    value: f64,
    divided: Option<[f64; 2]>,
}

impl Threshold {
    /// Whether the condition holds in this cell: `async.p99 > 80ms: measured 93.1 ms`. `baseline` holds what the
    /// strategies of this cell are in an earlier result.
    pub fn judge(&self, cell: &Cell, baseline: &[BaselineMatch<'_>]) -> ThresholdResult {
        let measured = self.measured(cell, baseline);
        let (status, message) = match &measured {
            Ok(measured) if self.holds(measured.value) => {
                (ThresholdStatus::Crossed, self.describe(measured))
            }
            Ok(measured) => (ThresholdStatus::Held, self.describe(measured)),
            Err(Unavailable {
                status: ThresholdStatus::Crossed,
                reason,
            }) => (
                ThresholdStatus::Crossed,
                format!("cannot be evaluated: {reason}"),
            ),
            Err(Unavailable { status, reason }) => (*status, reason.clone()),
        };
        ThresholdResult {
            threshold: self.to_string(),
            conditions: cell.conditions.clone(),
            status,
            measured: measured
                .ok()
                .map(|measured| measured.value)
                .filter(|value| value.is_finite()),
            unit: self.dimension().document_unit().to_owned(),
            message: format!("{self}: {message}"),
        }
    }

    fn holds(&self, value: f64) -> bool {
        let base = self.dimension().to_base(value);
        self.comparator.holds(base, self.limit.base())
    }

    /// The figure as tables print it; with more digits where it would look like the limit.
    fn describe(&self, measured: &Measured) -> String {
        let dimension = self.dimension();
        if let Some(values) = measured.divided {
            let dimension = self.metric.dimension();
            let [one, other] = values.map(|value| dimension.human(dimension.to_base(value)));
            return format!("measured {one} against {other}");
        }
        let (base, limit) = (dimension.to_base(measured.value), self.limit.base());
        let text = dimension.human(base);
        if text == dimension.human(limit) && base.total_cmp(&limit).is_ne() {
            return format!("measured {text} ({})", self.limit.in_same_unit(base));
        }
        format!("measured {text}")
    }

    fn measured(
        &self,
        cell: &Cell,
        baseline: &[BaselineMatch<'_>],
    ) -> Result<Measured, Unavailable> {
        let strategy = find(cell, &self.name)?;
        match &self.relative_to {
            None => self
                .metric
                .value(strategy, self.interval_end)
                .map(Measured::new),
            Some(RelativeTo::Strategy(name)) => {
                let other = find(cell, name)?;
                let reason = || {
                    format!(
                        "the downloads of {} and {name} ended differently",
                        self.name
                    )
                };
                self.ratio(strategy, other, name, || {
                    strategy.ratio_to(name).ok_or_else(reason)
                })
            }
            Some(RelativeTo::Baseline) => {
                let none = || Unavailable::missing("there is no baseline");
                let found = baseline
                    .iter()
                    .find(|one| one.name == self.name)
                    .ok_or_else(none)?;
                let earlier = found.earlier.as_ref().map_err(Unavailable::missing)?;
                let reason = || "no wall times above 0".to_owned();
                self.ratio(strategy, earlier, "the baseline", || {
                    found.ratio.as_ref().ok_or_else(reason)
                })
            }
        }
    }

    /// The ratio of wall times that the result holds, or the quotient of the two values.
    fn ratio<'a>(
        &self,
        strategy: &StrategyResult,
        other: &StrategyResult,
        other_name: &str,
        wall_ratio: impl FnOnce() -> Result<&'a Ratio, String>,
    ) -> Result<Measured, Unavailable> {
        if self.is_wall_ratio() {
            let ratio = wall_ratio().map_err(Unavailable::missing)?;
            return match self.interval_end {
                None => Ok(Measured::new(ratio.ratio)),
                Some(end) => {
                    let interval = ratio
                        .confidence_interval
                        .map(|ends| Measured::new(end.of(ends)));
                    interval.ok_or_else(|| {
                        Unavailable::unsupported("too few rounds for a confidence interval")
                    })
                }
            };
        }
        let value = |strategy, name: &str| {
            let value = self.metric.value(strategy, None);
            value.map_err(|error| Unavailable {
                reason: format!("{name}: {}", error.reason),
                ..error
            })
        };
        Ok(Measured::quotient(
            value(strategy, &self.name)?,
            value(other, other_name)?,
        ))
    }
}

impl Measured {
    fn new(value: f64) -> Measured {
        Measured {
            value,
            divided: None,
        }
    }

    /// Equal values have the ratio 1, also if both are 0; any other value is infinitely many times 0.
    fn quotient(one: f64, other: f64) -> Measured {
        let is_equal = one.total_cmp(&other).is_eq();
        let value = if is_equal { 1.0 } else { one / other };
        Measured {
            value,
            divided: value.is_infinite().then_some([one, other]),
        }
    }
}

fn find<'a>(cell: &'a Cell, name: &str) -> Result<&'a StrategyResult, Unavailable> {
    let mut strategies = cell.strategies.iter();
    let found = strategies.find(|one| one.name == name);
    found.ok_or_else(|| Unavailable::missing(format!("{name} has no result")))
}
