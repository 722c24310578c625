//! Which target a request has: a pure function of order, seed and number of the request.

use flagpole_protocol::{DrawPurpose, KeyedRng, RngKey, SpecError};
use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use std::fmt;
use std::str::FromStr;

/// The order in which requests take targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetOrder {
    /// One after the other, and again from the first; weights make no difference.
    #[default]
    Sequential,
    /// All of them in an order by the seed, then all of them in another order; weights make no difference.
    Shuffled,
    /// Each is drawn by the seed, with a probability in proportion to its weight.
    Weighted,
}

impl TargetOrder {
    /// All of them.
    pub const ALL: [TargetOrder; 3] = [
        TargetOrder::Sequential,
        TargetOrder::Shuffled,
        TargetOrder::Weighted,
    ];

    /// The name, as in options and results.
    pub const fn name(self) -> &'static str {
        match self {
            TargetOrder::Sequential => "sequential",
            TargetOrder::Shuffled => "shuffled",
            TargetOrder::Weighted => "weighted",
        }
    }
}

impl fmt::Display for TargetOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for TargetOrder {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<TargetOrder, SpecError> {
        let mut all = TargetOrder::ALL.into_iter();
        let found = all.find(|order| order.name() == text);
        let names = TargetOrder::ALL.map(TargetOrder::name);
        found.ok_or_else(|| SpecError::unknown("order", text, names))
    }
}

/// The targets of the requests of a run, by the numbers of the requests.
#[derive(Clone, Debug)]
pub struct TargetSequence {
    order: TargetOrder,
    seed: u64,
    /// The sum of the weights up to each target; the last one is above 0.
    cumulative: Vec<u64>,
    /// The latest pass and its order; empty before the first request of a shuffled order.
    pass: u64,
    shuffled: Vec<usize>,
}

impl TargetSequence {
    /// The sequence of targets with these weights.
    ///
    /// # Panics
    /// If there is no target, or no weight above 0.
    pub fn new(
        order: TargetOrder,
        seed: u64,
        weights: impl IntoIterator<Item = u32>,
    ) -> TargetSequence {
        let sum = |total: &mut u64, weight| {
            *total += u64::from(weight);
            Some(*total)
        };
        let cumulative: Vec<_> = weights.into_iter().scan(0, sum).collect();
        let total = cumulative.last().copied();
        assert!(total > Some(0), "expected a target with a weight above 0");
        TargetSequence {
            order,
            seed,
            cumulative,
            pass: 0,
            shuffled: Vec::new(),
        }
    }

    /// The number of targets.
    pub(crate) fn len(&self) -> usize {
        self.cumulative.len()
    }

    /// The index of the target of a request. Fast for numbers that rise slowly: a shuffled order is computed once a pass.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "less than the number of targets"
    )]
    pub fn target(&mut self, number: u64) -> usize {
        let count = self.cumulative.len();
        let (pass, place) = (number / count as u64, (number % count as u64) as usize);
        match self.order {
            TargetOrder::Sequential => place,
            TargetOrder::Shuffled => self.shuffled(pass)[place],
            TargetOrder::Weighted => {
                let total = self.cumulative[count - 1];
                let draw = self.rng(number).random_range(0..total);
                self.cumulative.partition_point(|sum| *sum <= draw)
            }
        }
    }

    fn shuffled(&mut self, pass: u64) -> &[usize] {
        if self.shuffled.is_empty() || pass != self.pass {
            self.pass = pass;
            self.shuffled = (0..self.cumulative.len()).collect();
            self.shuffled.shuffle(&mut rng(self.seed, pass));
        }
        &self.shuffled
    }

    fn rng(&self, number: u64) -> KeyedRng<'static> {
        rng(self.seed, number)
    }
}

/// Request numbers of keys are from 1.
fn rng(seed: u64, number: u64) -> KeyedRng<'static> {
    RngKey::new(seed, 0, "", number.wrapping_add(1)).rng(DrawPurpose::TargetOrder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(order: TargetOrder, seed: u64, weights: &[u32], count: u64) -> Vec<usize> {
        let mut sequence = TargetSequence::new(order, seed, weights.iter().copied());
        (0..count).map(|number| sequence.target(number)).collect()
    }

    #[test]
    fn sequential_order_repeats_and_ignores_weights() {
        let order = targets(TargetOrder::Sequential, 7, &[1, 9, 0], 7);
        assert_eq!(order, [0, 1, 2, 0, 1, 2, 0]);
    }

    /// Computed by `rand_uses.py` in `protocol/tests/golden`.
    #[test]
    fn orders_are_those_of_the_golden_values() {
        let shuffled = targets(TargetOrder::Shuffled, 7, &[1; 5], 10);
        assert_eq!(shuffled, GOLDEN_SHUFFLED);
        let weighted = targets(TargetOrder::Weighted, 7, &[1, 0, 3], 10);
        assert_eq!(weighted, GOLDEN_WEIGHTED);
    }

    const GOLDEN_SHUFFLED: [usize; 10] = [2, 3, 0, 4, 1, 2, 0, 1, 4, 3];
    const GOLDEN_WEIGHTED: [usize; 10] = [2, 2, 2, 2, 0, 0, 2, 2, 2, 0];

    #[test]
    fn shuffled_order_has_every_target_once_a_pass() {
        let order = targets(TargetOrder::Shuffled, 3, &[1; 20], 60);
        let passes: Vec<_> = order.chunks(20).collect();
        for pass in &passes {
            let mut sorted = pass.to_vec();
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(0..20));
        }
        assert!(passes[0] != passes[1] && passes[1] != passes[2]);
    }

    #[test]
    fn target_depends_on_the_number_and_not_on_earlier_requests() {
        for order in TargetOrder::ALL {
            let all = targets(order, 1, &[2, 1, 5, 3], 50);
            let mut sequence = TargetSequence::new(order, 1, [2, 1, 5, 3]);
            for number in [49, 0, 17, 18, 3] {
                let index = usize::try_from(number).unwrap();
                assert_eq!(sequence.target(number), all[index], "{order}");
            }
        }
    }

    #[test]
    fn weighted_targets_are_in_proportion_and_weight_0_is_never_taken() {
        let order = targets(TargetOrder::Weighted, 7, &[1, 0, 3], 10_000);
        let count = |target| order.iter().filter(|index| **index == target).count();
        assert_eq!(count(1), 0);
        assert!((7300..7700).contains(&count(2)), "{}", count(2));
    }

    #[test]
    fn unknown_order_is_refused_with_a_suggestion() {
        let error = "shuffle".parse::<TargetOrder>().unwrap_err();
        let expected = "unknown order `shuffle`; did you mean `shuffled`?";
        assert_eq!(error.to_string(), expected);
    }
}
