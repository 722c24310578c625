//! Confidence intervals of quantiles without an assumption about the distribution.
//!
//! Of n independent samples, the number that are not above the quantile q is binomial with n and q. The l-th and the
//! u-th smallest sample therefore contain the quantile between them with the probability that this number is at least l
//! and below u (H. A. David, H. N. Nagaraja, "Order Statistics", 2003, section 7.1; J.-Y. Le Boudec, "Performance
//! Evaluation of Computer and Communication Systems", 2010, section 2.2). Each end is missed by at most 2.5%.

use statrs::distribution::{Binomial, DiscreteCDF};

/// The probability that the quantile lies beyond one end.
const TAIL: f64 = 0.025;

/// With more samples than these, the interval of this number is used: it is wider, so that it covers the quantile too,
/// and the binomial distribution of statrs is inexact from about a million on.
const MAX_SAMPLES: u64 = 100_000;

/// The confidence interval of a quantile, as levels (0 to 1) at which to read the ends from the distribution of the
/// sample.
///
/// They are levels and not ranks, because a distribution may hold each independent sample several times: rounds with the
/// same delays are pooled, but `samples` counts what [`effective_sample_size`](super::effective_sample_size) does. The level of the l-th of n samples is (l - 0.5) / n: the middle of its copies, and no rounding
/// moves it to its neighbour.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct QuantileInterval {
    /// The lower end; `None` with too few samples: with fewer than 6 for the median.
    pub low: Option<f64>,
    /// The upper end; `None` with too few samples: with fewer than 368 for the 99th percentile.
    pub high: Option<f64>,
}

impl QuantileInterval {
    /// The interval of a quantile (0 to 1) by this number of independent samples.
    ///
    /// # Panics
    /// If the quantile is not between 0 and 1.
    pub fn new(quantile: f64, samples: u64) -> QuantileInterval {
        let samples = samples.min(MAX_SAMPLES);
        let not_above =
            Binomial::new(quantile, samples).expect("a quantile is between 0 and 1, a probability");
        let low = not_above.inverse_cdf(TAIL);
        let high = not_above.inverse_cdf(1.0 - TAIL) + 1;
        let is_rank = |rank: &u64| (1..=samples).contains(rank);
        let level = |rank: u64| (rank as f64 - 0.5) / samples as f64;
        QuantileInterval {
            low: Some(low).filter(is_rank).map(level),
            high: Some(high).filter(is_rank).map(level),
        }
    }

    /// The numbers of independent samples from which on there are a lower and an upper end: 1 and 368 for 0.99. With
    /// fewer, all samples lie on one side of the quantile (0 to 1) with more than 2.5%.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the values are positive; casts saturate"
    )]
    pub fn required_samples(quantile: f64) -> [u64; 2] {
        [1.0 - quantile, quantile].map(|beyond| (TAIL.ln() / beyond.ln()).ceil() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flagpole_protocol::{DrawPurpose, LatencyStats, RngKey};
    use proptest::prelude::*;
    use rand_distr::Exp1;
    use std::time::Duration;

    /// The ends that are read from the latencies 1 to n in microseconds, each recorded `copies` times: the ranks.
    fn ranks(quantile: f64, samples: u64, copies: usize) -> [Option<u128>; 2] {
        let mut latencies = LatencyStats::default();
        for rank in (1..=samples).flat_map(|rank| std::iter::repeat_n(rank, copies)) {
            latencies.record(Duration::from_micros(rank));
        }
        let QuantileInterval { low, high } = QuantileInterval::new(quantile, samples);
        [low, high].map(|level| Some(latencies.quantile(level?)?.as_micros()))
    }

    #[test]
    fn ranks_match_printed_tables_of_the_median() {
        for (samples, low, high) in [
            (6, 1, 6),
            (9, 2, 8),
            (10, 2, 9),
            (12, 3, 10),
            (15, 4, 12),
            (20, 6, 15),
        ] {
            for copies in [1, 2, 15] {
                assert_eq!(
                    ranks(0.5, samples, copies),
                    [Some(low), Some(high)],
                    "{samples} {copies}"
                );
            }
        }
    }

    /// The ranks are those of exact sums of binomial probabilities.
    #[test]
    fn ranks_of_high_percentiles_match_exact_sums() {
        for (quantile, samples, low, high) in [
            (0.9, 100, 84, 96),
            (0.95, 200, 184, 197),
            (0.99, 1000, 983, 997),
        ] {
            assert_eq!(
                ranks(quantile, samples, 1),
                [Some(low), Some(high)],
                "{quantile}"
            );
        }
    }

    #[test]
    fn an_end_needs_enough_samples() {
        assert_eq!(ranks(0.5, 0, 1), [None, None]);
        assert_eq!(ranks(0.5, 5, 1), [None, None]);
        assert_eq!(ranks(0.99, 299, 1), [Some(292), None]);
        assert_eq!(ranks(0.99, 367, 1), [Some(359), None]);
        assert_eq!(ranks(0.99, 368, 1), [Some(360), Some(368)]);
    }

    #[test]
    fn required_samples_are_the_fewest_with_an_end() {
        assert_eq!(QuantileInterval::required_samples(0.99), [1, 368]);
        for quantile in [0.5, 0.9, 0.95, 0.99, 0.999] {
            let ends = |samples| {
                let QuantileInterval { low, high } = QuantileInterval::new(quantile, samples);
                [low.is_some(), high.is_some()]
            };
            let [low, high] = QuantileInterval::required_samples(quantile);
            assert_eq!(
                [ends(low - 1)[0], ends(low)[0]],
                [false, true],
                "{quantile}"
            );
            assert_eq!(
                [ends(high - 1)[1], ends(high)[1]],
                [false, true],
                "{quantile}"
            );
        }
    }

    #[test]
    fn interval_covers_the_quantile_of_an_exponential_distribution() {
        for (quantile, samples) in [(0.5, 20), (0.9, 100), (0.95, 100), (0.99, 400)] {
            let truth = -f64::ln(1.0 - quantile);
            let QuantileInterval { low, high } = QuantileInterval::new(quantile, samples);
            let ends = low.unwrap()..high.unwrap();
            let covers = |seed: &u64| {
                let mut rng = RngKey::new(*seed, 0, "", 1).rng(DrawPurpose::Delay);
                let not_above = (0..samples).filter(|_| rng.sample::<f64, _>(Exp1) <= truth);
                ends.contains(&(not_above.count() as f64 / samples as f64))
            };
            let covered = (0..2000).filter(covers).count() as f64 / 20.0;
            println!("quantile {quantile}, {samples} samples: {covered}%");
            assert!(
                (94.5..=99.0).contains(&covered),
                "{quantile} {samples}: {covered}%"
            );
        }
    }

    proptest! {
        #[test]
        fn interval_contains_the_quantile_of_the_sample(quantile in 0.01f64..0.999, samples in 0u64..300_000) {
            let QuantileInterval { low, high } = QuantileInterval::new(quantile, samples);
            prop_assert!(low.is_none_or(|low| 0.0 < low && low <= quantile), "{:?}", low);
            prop_assert!(high.is_none_or(|high| quantile <= high && high < 1.0), "{:?}", high);
        }
    }
}
