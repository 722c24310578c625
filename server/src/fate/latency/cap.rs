//! `,max=1s` at the end of a latency: the longest delay that may come of it; longer ones become it.

use crate::config::spec;
use crate::config::spec::{DurationDisplay, SpecError};
use std::fmt;
use std::time::Duration;

const WORD: &str = ",max=";

/// The longest delay that may come of a distribution. Without one it is [`spec::LONGEST`], where
/// the distributions that know no bound end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cap(Option<Duration>);

impl Cap {
    /// Takes the cap off the end of the parameters, if there is one.
    pub(crate) fn split(parameters: &str) -> Result<(&str, Cap), SpecError> {
        let Some((parameters, longest)) = parameters.split_once(WORD) else {
            return Ok((parameters, Cap::default()));
        };
        if longest.contains(',') {
            return Err(SpecError::rule(format!(
                "`max=` comes after all other parameters, and once, got `{parameters}{WORD}{longest}`"
            )));
        }
        Ok((parameters, Cap(Some(spec::duration(longest)?))))
    }

    /// A delay in microseconds, or the cap if that is less.
    pub(crate) fn limit(self, micros: f64) -> f64 {
        micros.min(self.0.unwrap_or(spec::LONGEST).as_micros() as f64)
    }
}

impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |longest| {
            write!(f, "{WORD}{}", DurationDisplay(longest))
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::Latency;
    use crate::fate::latency::oracle::{delays, refused};
    use std::time::Duration;

    #[test]
    fn delays_above_the_cap_become_it_and_others_stay() {
        let (free, capped) = (
            delays("exponential:50ms"),
            delays("exponential:50ms,max=60ms"),
        );
        let expected: Vec<_> = free
            .iter()
            .map(|delay| (*delay).min(Duration::from_millis(60)))
            .collect();
        assert_eq!(capped, expected);
        assert!(free.last() > capped.last());
    }

    #[test]
    fn without_a_cap_no_delay_is_longer_than_a_day() {
        let latency: Latency = "pareto:1h,0.01".parse().unwrap();
        assert_eq!(latency.delay(u64::MAX), Duration::from_secs(24 * 60 * 60));
    }

    #[test]
    fn a_cap_of_nought_is_no_delay() {
        assert!(
            "exponential:50ms,max=0"
                .parse::<Latency>()
                .unwrap()
                .is_zero()
        );
        assert!(
            !"exponential:50ms,max=1us"
                .parse::<Latency>()
                .unwrap()
                .is_zero()
        );
    }

    #[test]
    fn a_cap_that_is_misplaced_or_no_duration_is_refused() {
        assert_eq!(
            refused("normal:50ms,max=1s,10ms"),
            "`max=` comes after all other parameters, and once, got `50ms,max=1s,10ms`"
        );
        assert_eq!(
            refused("50ms,max=1s,max=2s"),
            "`max=` comes after all other parameters, and once, got `50ms,max=1s,max=2s`"
        );
        assert_eq!(
            refused("50ms,max=soon"),
            "expected a duration such as `50ms` or `1.5s`, got `soon`"
        );
        assert_eq!(
            refused("50ms,max=25h"),
            "a duration is at most 24h, got `25h`"
        );
    }
}
