//! `90%:20ms|10%:uniform:1s..2s`, or `mixture:90%:...`: mostly one latency, at times another, such
//! as a cache that misses.
//!
//! Parameters: odds and a latency each, separated by `|`; the odds add up to exactly 100%. A
//! component is any latency but a mixture, with a cap of its own if it has one: `,max=` at the end
//! is that of the last component. One draw decides all: its place among the odds is the component,
//! and its place within them, stretched over all draws, is the component's draw.

use super::{Distribution, Latency, Member, named};
use crate::config::spec::SpecError;
use crate::fate::probability::Probability;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// 2^64, the number of draws.
const DRAWS: f64 = 18_446_744_073_709_551_616.0;

/// The components; their odds add up to 100%.
#[derive(Debug)]
struct Mixture(Vec<Component>);

#[derive(Debug)]
struct Component {
    odds: Probability,
    latency: Latency,
    /// The draws that are the component's: from this one to before that one.
    from: u128,
    to: u128,
}

impl Component {
    /// The delay for a draw of the mixture that is this component's.
    fn delay(&self, draw: u128) -> Duration {
        let within = ((draw - self.from) << 64) / (self.to - self.from);
        // At most 2^64 - 1, because the draw is before the last.
        #[expect(clippy::cast_possible_truncation)]
        self.latency.delay(within as u64)
    }
}

impl Distribution for Mixture {
    /// Rises within each component only; the share of delays below any time is right all the same.
    fn quantile(&self, p: f64) -> f64 {
        // Exact: p has 53 bits.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let draw = (p * DRAWS) as u128;
        let component = self.0.iter().find(|component| draw < component.to);
        component.map_or(0.0, |component| component.delay(draw).as_micros() as f64)
    }

    fn longest(&self) -> f64 {
        let possible = self
            .0
            .iter()
            .filter(|component| component.odds > Probability::NEVER);
        let longest = possible.map(|component| component.latency.longest()).max();
        longest.unwrap_or_default().as_micros() as f64
    }
}

impl fmt::Display for Mixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, Component { odds, latency, .. }) in self.0.iter().enumerate() {
            let bar = if place == 0 { "" } else { "|" };
            write!(f, "{bar}{odds}:{latency}")?;
        }
        Ok(())
    }
}

fn parse(text: &str) -> Result<Arc<dyn Distribution>, SpecError> {
    let (mut components, mut total) = (Vec::new(), Probability::NEVER);
    for component in text.split('|') {
        let (odds, latency) = component.split_once(':').ok_or_else(|| {
            SpecError::expected("odds and a latency such as `90%:20ms`", component)
        })?;
        let odds: Probability = odds.parse()?;
        if named(latency).0 == MEMBER.name {
            return Err(SpecError::rule(format!(
                "a component of a mixture is no mixture itself, got `{latency}`"
            )));
        }
        let from = total.draws();
        total = total + odds;
        components.push(Component {
            odds,
            latency: latency.parse()?,
            from,
            to: total.draws(),
        });
    }
    if total != Probability::ALWAYS {
        return Err(SpecError::rule(format!(
            "the odds of a mixture add up to exactly 100%, got `{total}`"
        )));
    }
    Ok(Arc::new(Mixture(components)))
}

pub(crate) const MEMBER: Member = Member {
    name: "mixture",
    about: "one of several latencies, each with its odds",
    example: "90%:20ms|10%:uniform:1s..2s",
    capped: false,
    parse,
};

#[cfg(test)]
mod tests {
    use crate::Latency;
    use crate::fate::latency::oracle::{Moments, assert_follows, assert_moments, delays, refused};
    use statrs::distribution::{ContinuousCDF, Exp, Uniform};
    use std::time::Duration;

    #[test]
    fn delays_follow_the_components_by_their_odds() {
        let spec = "70%:exponential:50ms|30%:uniform:1s..2s";
        let (short, long) = (Exp::new(20.0).unwrap(), Uniform::new(1.0, 2.0).unwrap());
        assert_follows(spec, |x| 0.7 * short.cdf(x) + 0.3 * long.cdf(x));
        // The n-th moments about 0: n! / rate^n, and (2^(n+1) - 1) / (n+1).
        let raw = |exponential: f64, uniform: f64| 0.7 * exponential + 0.3 * uniform;
        let [m, m2, m3, m4] = [
            raw(0.05, 1.5),
            raw(2.0 * 0.05_f64.powi(2), 7.0 / 3.0),
            raw(6.0 * 0.05_f64.powi(3), 15.0 / 4.0),
            raw(24.0 * 0.05_f64.powi(4), 31.0 / 5.0),
        ];
        let variance = m2 - m * m;
        let fourth = m4 - 4.0 * m * m3 + 6.0 * m * m * m2 - 3.0 * m.powi(4);
        let kurtosis = fourth / (variance * variance);
        let truth = Moments {
            mean: m,
            variance,
            kurtosis,
        };
        assert_moments(spec, &truth);
    }

    #[test]
    fn a_fixed_delay_among_others_comes_as_often_as_its_odds() {
        let delays = delays("90%:20ms|10%:uniform:1s..2s");
        let short = delays.iter().filter(|x| x.as_millis() == 20).count();
        // Nine thousand are to be, with a standard deviation of 30.
        assert!((8_901..=9_099).contains(&short), "{short}");
    }

    #[test]
    fn both_ends_of_the_draws_are_both_ends_of_their_components() {
        let latency: Latency = "50%:uniform:1s..2s|50%:uniform:3s..4s".parse().unwrap();
        let half = 1 << 63;
        let delays = [0, half - 1, half, u64::MAX].map(|draw| latency.delay(draw));
        assert_eq!(delays, [1, 2, 3, 4].map(Duration::from_secs));
        assert!(latency.distribution.quantile(0.5) >= 3e6);
    }

    #[test]
    fn odds_of_nought_never_and_of_a_hundred_always() {
        for spec in ["0%:1h|100%:20ms|0%:1h", "100%:20ms"] {
            assert!(delays(spec).iter().all(|x| x.as_millis() == 20), "{spec}");
        }
    }

    #[test]
    fn only_what_can_happen_counts_for_no_delay() {
        let is_zero = |spec: &str| spec.parse::<Latency>().unwrap().is_zero();
        assert!(is_zero("0%:1h|100%:0"));
        assert!(is_zero("50%:0|50%:exponential:1s,max=0"));
        assert!(!is_zero("0.000001%:1us|99.999999%:0"));
        assert!(!is_zero("99.999999%:0|0.000001%:1us"));
    }

    #[test]
    fn a_cap_is_that_of_its_component() {
        let latency: Latency = "50%:1h,max=1s|50%:1h,max=2s".parse().unwrap();
        assert_eq!(latency.delay(0), Duration::from_secs(1));
        assert_eq!(latency.delay(u64::MAX), Duration::from_secs(2));
        let same: Latency = "mixture:50%:1h,max=1s|50%:1h,max=2s".parse().unwrap();
        assert_eq!(latency, same);
    }

    #[test]
    fn components_that_are_malformed_nested_or_too_few_are_refused() {
        for (bad, sentence) in [
            (
                "mixture:20ms",
                "expected odds and a latency such as `90%:20ms`, got `20ms`",
            ),
            (
                "50%:1s|",
                "expected odds and a latency such as `90%:20ms`, got ``",
            ),
            (
                "50%:1s|half:2s",
                "expected odds such as `5%` or `0.5%`, got `half`",
            ),
            (
                "90%:1s",
                "the odds of a mixture add up to exactly 100%, got `90%`",
            ),
            (
                "90%:1s|10.000001%:2s",
                "the odds of a mixture add up to exactly 100%, got `100.000001%`",
            ),
            (
                "100%:50%:1s",
                "a component of a mixture is no mixture itself, got `50%:1s`",
            ),
            (
                "100%:mixture:100%:1s",
                "a component of a mixture is no mixture itself, got `mixture:100%:1s`",
            ),
            (
                "100%:soon",
                "expected a duration such as `50ms` or `1.5s`, got `soon`",
            ),
        ] {
            assert_eq!(refused(bad), sentence);
        }
    }
}
