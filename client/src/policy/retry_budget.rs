//! A retry budget keeps retries from multiplying the load on a server that is failing. After `RetryBudget`
//! of Finagle (Twitter's RPC library): a token bucket into which every first try puts a fraction of a token,
//! and from which every retry takes one.

/// One token, in the unit of the balance: thousandths, so that ratios are exact to three decimals.
const TOKEN: u64 = 1000;

/// Limit of the retries of all downloads together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryBudgetConfig {
    /// Retries per first try, at least 0, to three decimals: 0.2 allows one retry for every five first tries.
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

/// The state of a retry budget.
#[derive(Clone, Debug)]
pub(crate) struct RetryBudget {
    /// The increase of the balance by a first try, in thousandths of a token.
    deposit: u64,
    /// In thousandths of a token.
    balance: u64,
}

impl RetryBudget {
    pub(crate) fn new(config: RetryBudgetConfig) -> RetryBudget {
        RetryBudget {
            deposit: thousandths(config.ratio),
            balance: u64::from(config.min_retries) * TOKEN,
        }
    }

    /// Counts a first try.
    pub(crate) fn deposit(&mut self) {
        self.balance = self.balance.saturating_add(self.deposit);
    }

    /// Takes a token for a retry; false if the balance is below one token.
    pub(crate) fn withdraw(&mut self) -> bool {
        let rest = self.balance.checked_sub(TOKEN);
        self.balance = rest.unwrap_or(self.balance);
        rest.is_some()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the conversion saturates: a negative ratio or NaN becomes 0"
)]
fn thousandths(ratio: f64) -> u64 {
    (ratio * TOKEN as f64).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn min_retries_are_available_before_any_deposit() {
        let mut budget = RetryBudget::new(RetryBudgetConfig {
            ratio: 0.5,
            min_retries: 2,
        });
        assert!(budget.withdraw() && budget.withdraw() && !budget.withdraw());
        budget.deposit();
        assert!(!budget.withdraw(), "half a token");
        budget.deposit();
        assert!(budget.withdraw() && !budget.withdraw());
    }

    proptest! {
        #[test]
        fn retries_never_exceed_ratio_and_minimum(
            thousandths in 0u32..2000, min_retries in 0u32..5, steps in prop::collection::vec(any::<bool>(), 0..200),
        ) {
            let ratio = f64::from(thousandths) / 1000.0;
            let mut budget = RetryBudget::new(RetryBudgetConfig { ratio, min_retries });
            let (mut firsts, mut retries) = (0u32, 0u32);
            for is_first in steps {
                if is_first {
                    budget.deposit();
                    firsts += 1;
                } else if budget.withdraw() {
                    retries += 1;
                }
                prop_assert!(1000 * retries <= thousandths * firsts + 1000 * min_retries);
            }
        }
    }
}
