//! `uniform:500ms..5s`: any delay between two bounds, equally likely.
//!
//! Parameters: the shortest and the longest delay, from 0. delay = shortest + p * (longest - shortest).

use super::member::{Distribution, LatencyMember, ParsedDistribution, pair};
use flagpole_protocol::spec::{self, DurationDisplay};
use flagpole_protocol::{SpecError, as_micros};
use std::time::Duration;

/// The bounds; `shortest` is at most `longest`.
#[derive(Debug)]
struct Uniform {
    shortest: Duration,
    longest: Duration,
}

impl Distribution for Uniform {
    fn quantile(&self, p: f64) -> f64 {
        let (shortest, longest) = (as_micros(self.shortest), as_micros(self.longest));
        shortest as f64 + p * (longest - shortest) as f64
    }

    fn text(&self) -> String {
        let [shortest, longest] = [self.shortest, self.longest].map(DurationDisplay);
        format!("uniform:{shortest}..{longest}")
    }
}

pub(super) const MEMBER: LatencyMember = LatencyMember {
    name: "uniform",
    about: "any delay between two bounds, equally likely",
    example: "uniform:500ms..5s",
    takes_cap: true,
    parse,
};

fn parse(text: &str) -> ParsedDistribution {
    let (shortest, longest) = pair(text, "..", "two durations such as `500ms..5s`")?;
    let (shortest, longest) = (spec::duration(shortest)?, spec::duration(longest)?);
    if shortest > longest {
        return Err(SpecError::violation(
            "the first duration must not exceed the second",
            text,
        ));
    }
    Ok(Box::new(Uniform { shortest, longest }))
}

#[cfg(test)]
mod tests {
    use crate::Latency;
    use crate::fate::latency::oracle::{Moments, assert_follows, assert_moments, delays, error};
    use flagpole_protocol::spec;
    use statrs::distribution::{ContinuousCDF, Uniform};
    use std::time::Duration;

    #[test]
    fn delays_are_uniform_between_the_bounds() {
        let truth = Uniform::new(0.5, 5.0).unwrap();
        assert_follows("uniform:500ms..5s", |x| truth.cdf(x));
        let truth = Moments {
            mean: 2.75,
            variance: 4.5 * 4.5 / 12.0,
            kurtosis: 1.8,
        };
        assert_moments("uniform:500ms..5s", &truth);
    }

    #[test]
    fn equal_bounds_give_that_delay() {
        let same = Duration::from_millis(5);
        assert!(delays("uniform:5ms..5ms").iter().all(|x| *x == same));
        assert!("uniform:0..0".parse::<Latency>().unwrap().is_zero());
    }

    #[test]
    fn missing_reversed_or_malformed_bounds_are_rejected() {
        assert_eq!(
            error("uniform:5s"),
            "expected two durations such as `500ms..5s`, got `5s`"
        );
        assert_eq!(
            error("uniform:5s..1s"),
            "the first duration must not exceed the second, got `5s..1s`"
        );
        assert_eq!(
            error("uniform:1s..x"),
            spec::duration("x").unwrap_err().to_string()
        );
    }
}
