//! How many ratios are estimated together, and why that widens each interval.
//!
//! If two strategies are equal, an interval of 95% excludes 1 in 5 of 100 experiments. With several intervals, at least
//! one of them does so more often: in about 40 of 100, where seven equal strategies are compared with the fastest of
//! them. Therefore the 95% are those of all intervals of an experiment together (simultaneous intervals). Whether a
//! difference is significant is read from the interval, so that the two never contradict each other.
//!
//! The critical value is that of Bonferroni's inequality: with m comparisons each interval has a confidence of
//! 1 - 0.05/m (O. J. Dunn, "Multiple comparisons among means", JASA 56, 1961). It holds whatever the dependence of the
//! comparisons and with unequal variances. Sharper critical values assume more: those for comparisons with a control
//! (C. W. Dunnett, "A multiple comparison procedure for comparing several treatments with a control", JASA 50, 1955) and
//! the studentised range (J. W. Tukey) assume equal variances and independent samples, but our samples are paired by
//! round, and strategies differ in their noise.
//!
//! Comparisons with the best of the same data (J. C. Hsu, "Constrained simultaneous confidence intervals for multiple
//! comparisons with the best", Annals of Statistics 12, 1984; with common random numbers: M. K. Nakayama, Journal of
//! Statistical Planning and Inference 85, 2000) are not used. Their intervals always contain 1 and have one-sided
//! critical values. That a strategy is not faster than the best one is true of equal strategies too, so that the method
//! may separate equal strategies in more than 5% of experiments. The intervals of all pairs do so in at most 5%, also if
//! a reader looks at some of them only: `tests/equal_strategies.rs` counts 0.6 to 4.0% with seven strategies, the least
//! with stalls, for which Student's t alone is conservative.

use std::num::NonZeroUsize;

/// The number of ratios that are estimated together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComparisonCount(NonZeroUsize);

impl ComparisonCount {
    /// A single ratio.
    pub const ONE: ComparisonCount = ComparisonCount(NonZeroUsize::MIN);

    /// This number of ratios; 1 for 0, which is without effect.
    pub fn new(count: usize) -> ComparisonCount {
        NonZeroUsize::new(count).map_or(ComparisonCount::ONE, ComparisonCount)
    }

    /// Every strategy with a reference that was chosen before the run.
    pub fn with_reference(strategies: usize) -> ComparisonCount {
        ComparisonCount::new(strategies.saturating_sub(1))
    }

    /// Every strategy with every other one: for a reference that was chosen by the data, such as the fastest.
    pub fn all_pairs(strategies: usize) -> ComparisonCount {
        ComparisonCount::new(strategies * strategies.saturating_sub(1) / 2)
    }

    /// The number, at least 1.
    pub fn get(self) -> usize {
        self.0.get()
    }

    /// The quantile at which a two-sided interval ends, if all intervals together have this confidence (0 to 1).
    pub(super) fn interval_end(self, confidence: f64) -> f64 {
        1.0 - (1.0 - confidence) / 2.0 / self.get() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_and_comparisons_with_a_reference_are_counted() {
        let counts =
            |count: fn(usize) -> ComparisonCount| [0, 1, 2, 3, 4, 7].map(|k| count(k).get());
        assert_eq!(counts(ComparisonCount::with_reference), [1, 1, 1, 2, 3, 6]);
        assert_eq!(counts(ComparisonCount::all_pairs), [1, 1, 1, 3, 6, 21]);
    }
}
