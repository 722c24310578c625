//! A ratio of wall times.

use crate::stats::ratio_estimate::RatioEstimate;
use schemars::JsonSchema;
use serde::Serialize;

/// A ratio with its 95% confidence interval, if there are enough rounds.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Ratio {
    /// The name of the other strategy.
    pub to: String,
    /// The ratio: with a confidence interval the geometric mean over the rounds, otherwise the ratio of the medians.
    pub ratio: f64,
    /// The ends of the confidence interval.
    pub confidence_interval: Option<[f64; 2]>,
    /// Whether the interval excludes 1.
    pub is_significant: Option<bool>,
    /// The smallest difference that this number of rounds would have shown 4 times in 5: 0.02 is 2%.
    pub minimum_detectable_effect: Option<f64>,
}

impl Ratio {
    /// A ratio without a confidence interval.
    pub fn without_interval(to: &str, ratio: f64) -> Ratio {
        Ratio {
            to: to.to_owned(),
            ratio,
            confidence_interval: None,
            is_significant: None,
            minimum_detectable_effect: None,
        }
    }

    /// A ratio with its confidence interval.
    pub fn from_estimate(to: &str, estimate: &RatioEstimate) -> Ratio {
        Ratio {
            confidence_interval: Some([estimate.low, estimate.high]),
            is_significant: Some(estimate.is_significant()),
            minimum_detectable_effect: Some(estimate.minimum_detectable_effect),
            ..Ratio::without_interval(to, estimate.ratio)
        }
    }
}
