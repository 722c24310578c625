//! `uniform:500ms..5s`: every delay between two bounds is as likely as any other.

use super::{Distribution, Member};
use crate::spec::{self, SpecError, Spelled};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The bounds; `shortest` is at most `longest`.
#[derive(Debug)]
struct Uniform {
    shortest: Duration,
    longest: Duration,
}

impl Distribution for Uniform {
    fn quantile(&self, p: f64) -> f64 {
        let (shortest, longest) = (self.shortest.as_micros(), self.longest.as_micros());
        shortest as f64 + p * (longest - shortest) as f64
    }
}

impl fmt::Display for Uniform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "uniform:{}..{}",
            Spelled(self.shortest),
            Spelled(self.longest)
        )
    }
}

fn parse(text: &str) -> Result<Arc<dyn Distribution>, SpecError> {
    let (shortest, longest) = text
        .split_once("..")
        .ok_or_else(|| SpecError::expected("two durations such as `500ms..5s`", text))?;
    let (shortest, longest) = (spec::duration(shortest)?, spec::duration(longest)?);
    if shortest > longest {
        return Err(SpecError::rule(format!(
            "the first duration is at most the second, got `{text}`"
        )));
    }
    Ok(Arc::new(Uniform { shortest, longest }))
}

pub(super) const MEMBER: Member = Member {
    name: "uniform",
    about: "every delay between two bounds is as likely as any other",
    example: "uniform:500ms..5s",
    parse,
};

#[cfg(test)]
mod tests {
    use crate::Latency;
    use crate::dice::{Decision, Dice};
    use crate::{Key, spec};

    fn delays(spec: &str, count: u64) -> Vec<f64> {
        let latency: Latency = spec.parse().unwrap();
        let dice = Dice::new(7, 0);
        let draw = |n| dice.draw(Decision::Delay, Key::Other, n);
        let mut delays: Vec<_> = (0..count)
            .map(|n| latency.delay(draw(n)).as_secs_f64())
            .collect();
        delays.sort_by(f64::total_cmp);
        delays
    }

    /// One-sample Kolmogorov-Smirnov: the largest distance between the empirical and the true
    /// distribution function stays under the critical value for a false alarm in a thousand,
    /// 1.95 / sqrt(n). The seed is fixed, so the test can not flicker.
    #[test]
    fn delays_are_uniform_between_the_bounds() {
        let delays = delays("uniform:500ms..5s", 10_000);
        let count = delays.len() as f64;
        let distance = (0..delays.len()).map(|rank| {
            let truth = (delays[rank] - 0.5) / 4.5;
            let (below, upto) = (rank as f64 / count, (rank + 1) as f64 / count);
            (truth - below).abs().max((upto - truth).abs())
        });
        let distance = distance.fold(0.0, f64::max);
        assert!(distance < 1.95 / count.sqrt(), "{distance}");
    }

    #[test]
    fn equal_bounds_give_that_delay() {
        assert_eq!(delays("uniform:5ms..5ms", 3), [0.005; 3]);
        assert!("uniform:0..0".parse::<Latency>().unwrap().is_zero());
    }

    #[test]
    fn bounds_that_are_missing_or_crossed_are_refused() {
        let refused = |text: &str| text.parse::<Latency>().unwrap_err().to_string();
        assert_eq!(
            refused("uniform:5s"),
            "expected two durations such as `500ms..5s`, got `5s`"
        );
        assert_eq!(
            refused("uniform:5s..1s"),
            "the first duration is at most the second, got `5s..1s`"
        );
        assert_eq!(
            refused("uniform:1s..x"),
            spec::duration("x").unwrap_err().to_string()
        );
    }
}
