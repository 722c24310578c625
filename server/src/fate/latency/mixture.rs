//! `90%:20ms|10%:uniform:1s..2s` or `mixture:90%:...`: one of several latencies, each with a probability,
//! such as a cache with misses.
//!
//! Parameters: pairs of a probability and a latency, separated by `|`; the probabilities add up to exactly
//! 100%. A component is any latency but a mixture. A component may have a cap, but the mixture may not:
//! `,max=` at the end belongs to the last component.
//!
//! One random number, the draw, decides both the component and its delay. The cumulative probabilities divide the
//! range of draws into one interval for each component. The interval with the draw selects the component.
//! The position of the draw within the interval, scaled to the whole range, is the draw for the component's
//! own delay.

use super::member::{self, Distribution, LatencyMember, MIXTURE, ParsedDistribution};
use super::spec::Latency;
use crate::fate::probability::Probability;
use flagpole_protocol::SpecError;
use std::time::Duration;

/// 2^64, the number of possible draws.
const DRAW_COUNT: f64 = 18_446_744_073_709_551_616.0;

/// The components; their probabilities add up to 100%.
#[derive(Debug)]
struct Mixture(Vec<Component>);

#[derive(Debug)]
struct Component {
    probability: Probability,
    latency: Latency,
    /// The first draw in the component's interval.
    from: u128,
    /// One past the last draw in the interval.
    to: u128,
}

impl Component {
    /// The delay for a draw in the interval of this component.
    fn delay(&self, draw: u128) -> Duration {
        let scaled = ((draw - self.from) << 64) / (self.to - self.from);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "at most 2^64 - 1, because the draw is below `to`"
        )]
        self.latency.delay(scaled as u64)
    }
}

impl Distribution for Mixture {
    /// Unlike a real quantile, the delay may fall as `p` rises, because a later component may have shorter delays. That
    /// does no harm: quantiles are only used to sample, and every delay is sampled with the right frequency.
    fn quantile(&self, p: f64) -> f64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`unit` gives odd multiples of 2^-53, so the product is a whole number above 0"
        )]
        let draw = (p * DRAW_COUNT) as u128;
        let component = self.0.iter().find(|component| draw < component.to);
        let component = component.expect("the last interval ends at 2^64, and p is below 1");
        component.delay(draw).as_micros() as f64
    }

    fn longest(&self) -> f64 {
        let is_possible = |component: &&Component| component.probability > Probability::NEVER;
        let possible = self.0.iter().filter(is_possible);
        let longest = possible.map(|component| component.latency.longest()).max();
        longest.unwrap_or_default().as_micros() as f64
    }

    fn text(&self) -> String {
        let text = |one: &Component| format!("{}:{}", one.probability, one.latency);
        self.0.iter().map(text).collect::<Vec<_>>().join("|")
    }
}

/// The entry in the list of known latencies.
pub(super) const MEMBER: LatencyMember = LatencyMember {
    name: MIXTURE,
    about: "one of several latencies, each with a probability",
    example: "90%:20ms|10%:uniform:1s..2s",
    takes_cap: false,
    parse,
};

fn parse(text: &str) -> ParsedDistribution {
    let (mut components, mut total) = (Vec::new(), Probability::NEVER);
    for component in text.split('|') {
        let expected = "a probability and a latency such as `90%:20ms`";
        let (probability, latency) = member::pair(component, ":", expected)?;
        let probability: Probability = probability.parse()?;
        if member::expand(latency).0 == MIXTURE {
            let rule = "a mixture cannot contain a mixture";
            return Err(SpecError::violation(rule, latency));
        }
        let from = total.hit_count();
        // Above 100% the sum neither saturates nor overflows; it is refused below.
        total = total + probability;
        components.push(Component {
            probability,
            latency: latency.parse()?,
            from,
            to: total.hit_count(),
        });
    }
    if total != Probability::ALWAYS {
        let rule = "the probabilities of a mixture must add up to exactly 100%";
        return Err(SpecError::violation(rule, &total.to_string()));
    }
    Ok(Box::new(Mixture(components)))
}

#[cfg(test)]
mod tests;
