//! Hedged requests: a request that takes longer than most is sent a second time, and the first success
//! counts. Dean and Barroso, "The Tail at Scale" (Communications of the ACM 56(2), 2013): hedging after the
//! 95th percentile costs about 5% more requests and removes most of the tail.

use flagpole_protocol::LatencyStats;
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

/// The estimate of a quantile that lies beyond all responses, as a multiple of the slowest response. The factor is a
/// choice: observations do not determine such a quantile, and twice the slowest response is clearly an outlier.
const MULTIPLE_OF_SLOWEST: u32 = 2;

/// The distribution of service times while some requests are still in flight. The first responses come from
/// the fastest requests, so a percentile of them alone is too low: of 32 requests, the slowest of the first
/// 20 responses is only the 63rd percentile. A request that is in flight or was cancelled has taken *at
/// least* its elapsed time (a right-censored observation), which the estimator of Kaplan and Meier takes
/// into account ("Nonparametric Estimation from Incomplete Observations", Journal of the American
/// Statistical Association 53(282), 1958).
#[derive(Clone, Debug, Default)]
pub(crate) struct KaplanMeier {
    complete: LatencyStats,
    censored: LatencyStats,
}

impl KaplanMeier {
    /// Records the service time of a response.
    pub(crate) fn record(&mut self, service_time: Duration) {
        self.complete.record(service_time);
    }

    /// Records a request that was cancelled after `elapsed` without a response.
    pub(crate) fn record_censored(&mut self, elapsed: Duration) {
        self.censored.record(elapsed);
    }

    /// Number of responses recorded.
    pub(crate) fn count(&self) -> u64 {
        self.complete.count()
    }

    /// The shortest time within which at least the fraction `quantile` (0 to 1) of the requests complete.
    /// `in_flight` holds the elapsed times of requests in flight. `None` before the first response.
    pub(crate) fn quantile(&self, quantile: f64, in_flight: &[Duration]) -> Option<Duration> {
        let mut censored: Vec<_> = self.censored.counts().collect();
        censored.extend(in_flight.iter().map(|&elapsed| (elapsed, 1)));
        censored.sort_unstable();
        let mut censored = censored.into_iter().peekable();
        let mut complete: Vec<_> = self.complete.counts().collect();
        complete.sort_unstable();
        let all = complete.iter().map(|(_, count)| count).sum::<u64>()
            + self.censored.count()
            + in_flight.len() as u64;
        // The number of requests that take at least `time`.
        let mut at_risk = all;
        // The estimated fraction of requests that take longer than `time`.
        let mut surviving = 1.0;
        for (time, count) in complete {
            // A request censored at exactly `time` took at least `time`, so that request still counts.
            while let Some((_, shorter)) = censored.next_if(|(elapsed, _)| *elapsed < time) {
                at_risk -= shorter;
            }
            surviving *= 1.0 - count as f64 / at_risk as f64;
            at_risk -= count;
            // Tolerates the rounding errors of the product.
            if 1.0 - surviving >= quantile - 1e-9 {
                return Some(time);
            }
        }
        let slowest = self.complete.max();
        slowest.map(|slowest| slowest * MULTIPLE_OF_SLOWEST)
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

    fn with_responses(ms: impl IntoIterator<Item = u32>) -> KaplanMeier {
        let mut estimator = KaplanMeier::default();
        ms.into_iter().for_each(|ms| estimator.record(ms * MS));
        estimator
    }

    #[test]
    fn without_censoring_it_is_the_percentile_of_all() {
        let estimator = with_responses(1..=20);
        for (quantile, ms) in [(0.0, 1), (0.05, 1), (0.5, 10), (0.951, 20), (1.0, 20)] {
            assert_eq!(estimator.quantile(quantile, &[]), Some(ms * MS));
        }
        assert_eq!(with_responses([]).quantile(0.5, &[MS]), None);
    }

    #[test]
    fn requests_in_flight_raise_the_quantiles() {
        let estimator = with_responses(1..=20);
        // 12 more have taken longer than all responses: 16 of 32 complete within 16 ms.
        let slower = [25 * MS; 12];
        assert_eq!(estimator.quantile(0.5, &slower), Some(16 * MS));
        assert_eq!(estimator.quantile(0.625, &slower), Some(20 * MS));
        assert_eq!(estimator.quantile(0.95, &slower), Some(40 * MS));
    }

    #[test]
    fn requests_just_sent_do_not_change_the_quantiles() {
        let estimator = with_responses(1..=20);
        let just_sent = estimator.quantile(0.95, &[Duration::ZERO; 12]);
        assert_eq!(just_sent, estimator.quantile(0.95, &[]));
    }

    #[test]
    fn cancelled_requests_took_at_least_their_elapsed_time() {
        let mut estimator = with_responses([1, 3, 3, 5]);
        estimator.record_censored(2 * MS);
        estimator.record_censored(4 * MS);
        estimator.record_censored(9 * MS);
        let quantile = |quantile| estimator.quantile(quantile, &[]);
        // By hand: one of seven ends at 1 ms. One is cancelled at 2 ms. Of the other five, two end at 3 ms.
        let within_3 = 1.0 / 7.0 + 6.0 / 7.0 * 2.0 / 5.0;
        assert_eq!(quantile(within_3), Some(3 * MS));
        assert_eq!(quantile(within_3 + 0.001), Some(5 * MS));
        // One is cancelled at 4 ms. Of the other two, one ends at 5 ms.
        assert_eq!(quantile(within_3 + (1.0 - within_3) / 2.0), Some(5 * MS));
        assert_eq!(quantile(0.9), Some(10 * MS));
    }

    /// The precision of the histogram of [`LatencyStats`].
    #[test]
    fn quantiles_of_many_responses_are_within_a_thousandth() {
        let estimator = with_responses((0..10_000).map(|n| n % 100 + 1));
        let p95 = estimator.quantile(0.95, &[]).unwrap();
        assert!((95 * MS..95 * MS * 1001 / 1000).contains(&p95), "{p95:?}");
    }
}
