//! How long users of a closed model, or of a scenario, wait between requests: `1s`, or `100ms..2s` by seed.

use flagpole_protocol::spec::{self, DurationDisplay, SpecError};
use flagpole_protocol::{DrawPurpose, RngKey, unit_interval};
use rand::Rng as _;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A constant time, or any time between two, equally likely.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThinkTime {
    shortest: Duration,
    /// At least `shortest`.
    longest: Duration,
}

impl ThinkTime {
    /// Whether it is drawn.
    pub fn is_random(self) -> bool {
        self.shortest < self.longest
    }

    /// The longest time.
    pub fn longest(self) -> Duration {
        self.longest
    }

    /// The time after request `number`; a pure function of it and the seed.
    pub(crate) fn after(self, seed: u64, number: u64) -> Duration {
        if self.shortest == self.longest {
            return self.shortest;
        }
        // Request numbers of keys are from 1.
        let key = RngKey::new(seed, 0, "", number.wrapping_add(1));
        let draw = key.rng(DrawPurpose::ThinkTime).next_u64();
        let range = self.longest.saturating_sub(self.shortest);
        self.shortest + range.mul_f64(unit_interval(draw))
    }
}

impl From<Duration> for ThinkTime {
    fn from(duration: Duration) -> ThinkTime {
        ThinkTime {
            shortest: duration,
            longest: duration,
        }
    }
}

impl FromStr for ThinkTime {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<ThinkTime, SpecError> {
        let Some((shortest, longest)) = text.split_once("..") else {
            return spec::duration(text).map(ThinkTime::from);
        };
        let (shortest, longest) = (spec::duration(shortest)?, spec::duration(longest)?);
        if shortest > longest {
            let rule = "the first duration must not exceed the second";
            return Err(SpecError::violation(rule, text));
        }
        Ok(ThinkTime { shortest, longest })
    }
}

impl fmt::Display for ThinkTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [shortest, longest] = [self.shortest, self.longest].map(DurationDisplay);
        if self.shortest == self.longest {
            return write!(f, "{shortest}");
        }
        write!(f, "{shortest}..{longest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_constant_or_uniform_between_two_by_seed() {
        let constant: ThinkTime = "1s".parse().unwrap();
        assert_eq!(constant.after(7, 3), Duration::from_secs(1));
        let uniform: ThinkTime = "100ms..2s".parse().unwrap();
        let times: Vec<_> = (0..1000).map(|number| uniform.after(7, number)).collect();
        let bounds = Duration::from_millis(100)..Duration::from_secs(2);
        assert!(times.iter().all(|time| bounds.contains(time)));
        let mean = times.iter().sum::<Duration>() / 1000;
        assert!(mean.abs_diff(Duration::from_millis(1050)) < Duration::from_millis(50));
        assert_ne!(uniform.after(8, 0), times[0]);
    }

    #[test]
    fn text_round_trips_and_other_texts_are_refused() {
        for text in ["0", "1s", "100ms..2s"] {
            assert_eq!(text.parse::<ThinkTime>().unwrap().to_string(), text);
        }
        for (text, error) in [
            ("1", "expected a duration such as `50ms` or `1.5s`, got `1`"),
            (
                "2s..1s",
                "the first duration must not exceed the second, got `2s..1s`",
            ),
        ] {
            assert_eq!(text.parse::<ThinkTime>().unwrap_err().to_string(), error);
        }
    }
}
