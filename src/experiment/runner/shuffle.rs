//! The order of the strategies in a round: a shuffle that follows from the seed and the round, so that no strategy
//! always runs after the same other strategy.

use flagpole_protocol::{DrawPurpose, RngKey};
use rand::seq::SliceRandom as _;

/// The indices of `count` strategies in the order of this round.
pub(crate) fn order(seed: u64, round: usize, count: usize) -> Vec<usize> {
    let mut rng = RngKey::new(seed, 0, "", round as u64).rng(DrawPurpose::TrialOrder);
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut rng);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by `protocol/tests/golden/rand_uses.py`.
    #[test]
    fn orders_are_those_of_the_golden_vectors() {
        assert_eq!(order(7, 1, 5), [2, 1, 3, 4, 0]);
        assert_eq!(order(7, 2, 5), [1, 3, 4, 0, 2]);
    }

    #[test]
    fn every_order_of_three_occurs_in_100_rounds() {
        let mut orders: Vec<_> = (0..100).map(|round| order(7, round, 3)).collect();
        for order in &orders {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2]);
        }
        orders.sort_unstable();
        orders.dedup();
        assert_eq!(orders.len(), 6);
    }
}
