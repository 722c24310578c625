//! A retry budget keeps retries from multiplying the load on a server that is failing. After `RetryBudget` of Finagle
//! (Twitter's RPC library), in which every first try pays for a fraction of a retry.

/// Limit of the retries of all downloads together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryBudgetConfig {
    /// Retries per first try, at least 0: 0.2 allows one retry for every five first tries.
    pub ratio: f64,
    /// Retries allowed in addition, from the start: without these a small run would have no retries.
    pub min_retries: u32,
}

impl Default for RetryBudgetConfig {
    /// One retry for every five first tries, plus ten.
    fn default() -> RetryBudgetConfig {
        RetryBudgetConfig {
            ratio: 0.2,
            min_retries: 10,
        }
    }
}

impl RetryBudgetConfig {
    /// Whether one more retry may be made after `retries` retries and `firsts` first tries.
    pub(crate) fn allows(&self, retries: u64, firsts: u64) -> bool {
        let limit = self.ratio * firsts as f64 + f64::from(self.min_retries);
        // Tolerates the rounding error of the product: 0.29 of 100 is 29.
        (retries + 1) as f64 <= limit + 1e-6
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn min_retries_are_available_before_any_first_try() {
        let budget = RetryBudgetConfig {
            ratio: 0.5,
            min_retries: 2,
        };
        assert!(budget.allows(1, 0) && !budget.allows(2, 0));
        assert!(!budget.allows(2, 1), "half a retry");
        assert!(budget.allows(2, 2) && !budget.allows(3, 2));
    }

    proptest! {
        #[test]
        fn exactly_the_ratio_is_allowed(thousandths in 0u32..2000, min_retries in 0u32..5, firsts in 0u32..100_000) {
            let ratio = f64::from(thousandths) / 1000.0;
            let limit = u64::from(thousandths) * u64::from(firsts) / 1000 + u64::from(min_retries);
            let allows = |retries| RetryBudgetConfig { ratio, min_retries }.allows(retries, firsts.into());
            prop_assert!(!allows(limit) && (limit == 0 || allows(limit - 1)));
        }
    }
}
