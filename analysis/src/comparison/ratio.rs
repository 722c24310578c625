//! Ratios of wall times. They have one direction: the time of a strategy relative to another one or to the baseline; above
//! 1 the strategy takes longer.

#[cfg(test)]
mod tests;

use crate::human::{percent, ratio_texts};
use crate::stats::mean::geometric_mean;
use crate::stats::{ComparisonCount, MIN_ROUNDS, RatioEstimate, SampleError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A wall time relative to another one, with its 95% confidence interval, if there are enough rounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Ratio {
    /// The name of the other strategy.
    pub to: String,
    /// The geometric mean of the wall times divided by that of the other strategy, over the rounds that both have.
    pub ratio: f64,
    /// The ends of the confidence interval; null with fewer than 5 rounds.
    pub confidence_interval: Option<[f64; 2]>,
    /// The number of ratios whose intervals contain the true ratios with 95% confidence together; null without an
    /// interval.
    #[serde(default)]
    pub comparisons: Option<usize>,
    /// Whether the interval excludes 1.
    pub is_significant: Option<bool>,
    /// An estimate, from the noise of these rounds, of the smallest difference that this number of rounds shows 4 times
    /// in 5: 0.02 is 2%.
    pub minimum_detectable_effect: Option<f64>,
}

impl Ratio {
    /// The ratio over paired rounds: `one[i]` and `other[i]` are of the same round. `None` without rounds, and if a mean
    /// is 0.
    pub fn from_paired_rounds(
        to: &str,
        one: &[f64],
        other: &[f64],
        comparisons: ComparisonCount,
    ) -> Option<Ratio> {
        let estimate = RatioEstimate::paired(one, other, comparisons);
        Ratio::new(to, one, other, comparisons, estimate)
    }

    /// The ratio over the rounds of different runs. `None` without rounds, and if a mean is 0.
    pub fn from_unpaired_rounds(
        to: &str,
        one: &[f64],
        other: &[f64],
        comparisons: ComparisonCount,
    ) -> Option<Ratio> {
        let estimate = RatioEstimate::unpaired(one, other, comparisons);
        Ratio::new(to, one, other, comparisons, estimate)
    }

    fn new(
        to: &str,
        one: &[f64],
        other: &[f64],
        comparisons: ComparisonCount,
        estimate: Result<RatioEstimate, SampleError>,
    ) -> Option<Ratio> {
        let [mean, other_mean] = [one, other].map(|rounds| geometric_mean(rounds.iter().copied()));
        let ratio = mean? / other_mean?;
        if !(ratio > 0.0 && ratio.is_finite()) {
            return None;
        }
        let has_interval = one.len().min(other.len()) >= MIN_ROUNDS;
        let estimate = estimate.ok().filter(|_| has_interval);
        Some(Ratio {
            to: to.to_owned(),
            ratio,
            confidence_interval: estimate.map(|estimate| [estimate.low, estimate.high]),
            comparisons: estimate.map(|_| comparisons.get()),
            is_significant: estimate.map(|estimate| estimate.is_significant()),
            minimum_detectable_effect: estimate.map(|estimate| estimate.minimum_detectable_effect),
        })
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = &self.to;
        let (ratio, interval) = ratio_texts(self.ratio, self.confidence_interval);
        let Some([low, high]) = interval else {
            return write!(
                f,
                "takes {ratio} the time of {to}; too few rounds for a confidence interval"
            );
        };
        if self.is_significant == Some(true) {
            return write!(f, "takes {ratio} the time of {to} (95% CI {low} to {high})");
        }
        let effect = percent(self.minimum_detectable_effect.unwrap_or_default());
        write!(
            f,
            "no significant difference from {to} (95% CI {low} to {high}; estimated detectable difference {effect})"
        )
    }
}
