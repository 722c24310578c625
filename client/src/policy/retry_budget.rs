//! A retry budget: when everything fails, retries must not double the load on a server that is
//! already on its knees. After Finagle's `RetryBudget` (Twitter's RPC library): a token bucket into
//! which every first attempt puts a part of a token, and from which every retry takes a whole one.

/// So many parts make a token: shares are exact to a thousandth.
const TOKEN: u64 = 1000;

/// How many retries all downloads together may make.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryBudgetConfig {
    /// Retries a first attempt, 0 and up, to three decimals: 0.2 allows one for every five.
    pub ratio: f64,
    /// So many more, from the beginning: small runs would have none else.
    pub min_retries: u32,
}

impl Default for RetryBudgetConfig {
    /// A retry for every five first attempts, and ten.
    fn default() -> RetryBudgetConfig {
        RetryBudgetConfig {
            ratio: 0.2,
            min_retries: 10,
        }
    }
}

/// What is left of a budget.
#[derive(Clone, Debug)]
pub(crate) struct RetryBudget {
    deposit: u64,
    /// In parts of a token.
    balance: u64,
}

impl RetryBudget {
    pub(crate) fn new(budget: RetryBudgetConfig) -> RetryBudget {
        RetryBudget {
            deposit: parts(budget.ratio),
            balance: u64::from(budget.min_retries) * TOKEN,
        }
    }

    /// A first attempt is made.
    pub(crate) fn deposit(&mut self) {
        self.balance = self.balance.saturating_add(self.deposit);
    }

    /// Takes what a retry costs; false if there is not enough.
    pub(crate) fn withdraw(&mut self) -> bool {
        let rest = self.balance.checked_sub(TOKEN);
        self.balance = rest.unwrap_or(self.balance);
        rest.is_some()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float becomes the nearest integer there is: 0 if it is below or no number"
)]
fn parts(ratio: f64) -> u64 {
    (ratio * TOKEN as f64).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_reserve_is_there_before_any_deposit_and_no_more() {
        let mut purse = RetryBudget::new(RetryBudgetConfig {
            ratio: 0.5,
            min_retries: 2,
        });
        assert!(purse.withdraw() && purse.withdraw() && !purse.withdraw());
        purse.deposit();
        assert!(!purse.withdraw(), "half a token");
        purse.deposit();
        assert!(purse.withdraw() && !purse.withdraw());
    }

    proptest! {
        #[test]
        fn never_more_than_the_share_and_the_reserve(
            thousandths in 0u32..2000, min_retries in 0u32..5, steps in prop::collection::vec(any::<bool>(), 0..200),
        ) {
            let ratio = f64::from(thousandths) / 1000.0;
            let mut purse = RetryBudget::new(RetryBudgetConfig { ratio, min_retries });
            let (mut firsts, mut retries) = (0u32, 0u32);
            for is_first in steps {
                if is_first {
                    purse.deposit();
                    firsts += 1;
                } else if purse.withdraw() {
                    retries += 1;
                }
                prop_assert!(1000 * retries <= thousandths * firsts + 1000 * min_retries);
            }
        }
    }
}
