//! Hedged requests: a request that takes longer than most is sent a second time, and the first success
//! counts. Dean and Barroso, "The Tail at Scale" (Communications of the ACM 56(2), 2013): hedging after the
//! 95th percentile costs about 5% more requests and removes most of the tail.

use super::kaplan_meier::KaplanMeier;
use std::time::Duration;

/// When a slow request is duplicated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hedge {
    /// How long a request may take before its hedge is sent.
    pub delay: HedgeDelay,
    /// Maximum ratio of hedges to requests that are no hedges, 0 to 1.
    pub max_ratio: f64,
}

/// How long a request may take before it is duplicated.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum HedgeDelay {
    /// A fixed time.
    Fixed(Duration),
    /// The estimated quantile of the service times so far.
    Quantile {
        /// The quantile, 0 to 1, such as 0.95.
        quantile: f64,
        /// No hedges before this number of responses.
        min_samples: u64,
    },
}

impl Default for Hedge {
    /// After the 95th percentile of at least 20 responses; at most one hedge for ten requests.
    fn default() -> Hedge {
        let delay = HedgeDelay::Quantile {
            quantile: 0.95,
            min_samples: 20,
        };
        Hedge {
            delay,
            max_ratio: 0.1,
        }
    }
}

impl Hedge {
    /// The delay, given the service times so far and the elapsed times of the requests in flight; `None` if
    /// there are too few responses.
    pub(crate) fn current_delay(
        &self,
        seen: &KaplanMeier,
        in_flight: &[Duration],
    ) -> Option<Duration> {
        match self.delay {
            HedgeDelay::Fixed(delay) => Some(delay),
            HedgeDelay::Quantile { min_samples, .. } if seen.count() < min_samples => None,
            HedgeDelay::Quantile { quantile, .. } => seen.quantile(quantile, in_flight),
        }
    }

    /// Whether one more hedge may be sent after `hedges` hedges and `others` other requests.
    pub(crate) fn allows(&self, hedges: u64, others: u64) -> bool {
        (hedges + 1) as f64 <= self.max_ratio * others as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_quantile_needs_enough_responses() {
        let mut seen = KaplanMeier::default();
        let hedge = Hedge::default();
        for ms in 1..=19 {
            seen.record(ms * MS);
            assert_eq!(hedge.current_delay(&seen, &[]), None);
        }
        seen.record(20 * MS);
        assert_eq!(hedge.current_delay(&seen, &[]), Some(19 * MS));
    }

    #[test]
    fn a_fixed_delay_needs_no_responses() {
        let hedge = Hedge {
            delay: HedgeDelay::Fixed(7 * MS),
            ..Hedge::default()
        };
        let delay = hedge.current_delay(&KaplanMeier::default(), &[]);
        assert_eq!(delay, Some(7 * MS));
    }

    #[test]
    fn the_ratio_counts_requests_that_are_no_hedges() {
        let hedge = Hedge::default();
        assert!(!hedge.allows(0, 9) && hedge.allows(0, 10));
        assert!(!hedge.allows(1, 19) && hedge.allows(1, 20));
    }
}
