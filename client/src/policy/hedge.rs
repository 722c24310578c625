//! Hedged requests: when an answer takes longer than most, the request is made a second time, and the
//! better answer counts. Dean and Barroso, "The Tail at Scale" (Communications of the ACM 56(2), 2013):
//! hedging behind the 95th percentile costs some 5% more requests and takes most of the tail away.

use super::KaplanMeier;
use std::time::Duration;

/// When a request that takes long is made a second time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hedge {
    /// How long an answer may take before that.
    pub delay: HedgeDelay,
    /// Hedges a request that is none, 0 to 1: their share is never above this.
    pub max_ratio: f64,
}

/// How long an answer may take before the request is made a second time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HedgeDelay {
    /// This long.
    Fixed(Duration),
    /// As long as this share of all answers takes at most, as far as can be told.
    Quantile {
        /// The share, 0 to 1: 0.95.
        quantile: f64,
        /// Nothing is hedged before so many answers have been seen.
        min_samples: u64,
    },
}

impl Default for Hedge {
    /// Behind the 95th percentile of at least 20 answers, and one hedge for ten requests.
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
    /// How long an answer may take, after what has been seen of others, some of which have been awaited
    /// for so long; `None` if too little has been.
    pub fn current_delay(&self, seen: &KaplanMeier, awaited: &[Duration]) -> Option<Duration> {
        match self.delay {
            HedgeDelay::Fixed(time) => Some(time),
            HedgeDelay::Quantile { min_samples, .. } if seen.count() < min_samples => None,
            HedgeDelay::Quantile { quantile, .. } => seen.quantile(quantile, awaited),
        }
    }

    /// Whether one more may be made, after `hedges` of them beside so many other requests.
    pub fn allows(&self, hedges: u64, others: u64) -> bool {
        (hedges + 1) as f64 <= self.max_ratio * others as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_percentile_is_that_of_enough_answers() {
        let mut seen = KaplanMeier::default();
        let hedge = Hedge::default();
        for ms in 1..=19 {
            seen.record(Duration::from_millis(ms));
            assert_eq!(hedge.current_delay(&seen, &[]), None);
        }
        seen.record(Duration::from_millis(20));
        assert_eq!(
            hedge.current_delay(&seen, &[]),
            Some(Duration::from_millis(19))
        );
    }

    #[test]
    fn a_fixed_time_needs_no_answers() {
        let hedge = Hedge {
            delay: HedgeDelay::Fixed(Duration::from_millis(7)),
            ..Hedge::default()
        };
        let delay = hedge.current_delay(&KaplanMeier::default(), &[]);
        assert_eq!(delay, Some(Duration::from_millis(7)));
    }

    #[test]
    fn the_share_is_of_the_requests_that_are_no_hedges() {
        let hedge = Hedge::default();
        assert!(!hedge.allows(0, 9) && hedge.allows(0, 10));
        assert!(!hedge.allows(1, 19) && hedge.allows(1, 20));
    }
}
