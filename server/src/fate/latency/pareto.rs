//! `pareto:10ms,1.5`: heavy tail above a minimum; the few longest delays make up much of the sum.
//!
//! Parameters: the minimum, above 0, and the shape, a number above 0 without a unit; a smaller shape gives a
//! heavier tail. At a shape of 1 or less the mean is infinite, at 2 or less the variance.
//! delay = minimum * (1 - p) ^ (-1 / shape).

use super::member::{Distribution, LatencyMember, ParsedDistribution, pair};
use flagpole_protocol::spec::{self, DurationDisplay, SpecError};
use std::time::Duration;

/// The parameters; both are above 0, and the shape is finite.
#[derive(Debug)]
struct Pareto {
    minimum: Duration,
    shape: f64,
}

impl Distribution for Pareto {
    fn quantile(&self, p: f64) -> f64 {
        self.minimum.as_micros() as f64 * libm::pow(1.0 - p, -1.0 / self.shape)
    }

    fn text(&self) -> String {
        format!("pareto:{},{}", DurationDisplay(self.minimum), self.shape)
    }
}

pub(super) const MEMBER: LatencyMember = LatencyMember {
    name: "pareto",
    about: "heavy tail above a minimum; a smaller shape is heavier",
    example: "pareto:10ms,1.5",
    takes_cap: true,
    parse,
};

fn parse(text: &str) -> ParsedDistribution {
    let (minimum, shape) = pair(text, ",", "a minimum and a shape such as `10ms,1.5`")?;
    let minimum = spec::duration(minimum)?;
    if minimum.is_zero() {
        return Err(SpecError::violation("the minimum must be above 0", text));
    }
    let shape = shape
        .parse()
        .ok()
        .filter(|shape: &f64| shape.is_finite() && *shape > 0.0)
        .ok_or_else(|| SpecError::expected("a shape above 0 such as `1.5`", shape))?;
    Ok(Box::new(Pareto { minimum, shape }))
}

#[cfg(test)]
mod tests {
    use crate::fate::latency::oracle::{Moments, assert_follows, assert_moments, delays, error};
    use statrs::distribution::{ContinuousCDF, Pareto};
    use statrs::statistics::Distribution;

    #[test]
    fn delays_follow_pareto() {
        let truth = Pareto::new(0.01, 1.5).unwrap();
        assert_follows("pareto:10ms,1.5", |x| truth.cdf(x));
        assert!(delays("pareto:10ms,1.5")[0].as_millis() >= 10);
    }

    /// With a shape of 5, because the kurtosis, which the standard error of the variance needs, is finite
    /// only above 4.
    #[test]
    fn mean_and_variance_are_those_of_pareto() {
        let truth = Pareto::new(0.01, 5.0).unwrap();
        let truth = Moments {
            mean: truth.mean().unwrap(),
            variance: truth.variance().unwrap(),
            kurtosis: 73.8,
        };
        assert_moments("pareto:10ms,5", &truth);
    }

    #[test]
    fn missing_or_impossible_parameters_are_rejected() {
        assert_eq!(
            error("pareto:10ms"),
            "expected a minimum and a shape such as `10ms,1.5`, got `10ms`"
        );
        assert_eq!(
            error("pareto:0,1.5"),
            "the minimum must be above 0, got `0,1.5`"
        );
        for bad in ["0", "-1", "inf", "NaN", "1e999", "steep", ""] {
            assert_eq!(
                error(&format!("pareto:10ms,{bad}")),
                format!("expected a shape above 0 such as `1.5`, got `{bad}`")
            );
        }
    }
}
