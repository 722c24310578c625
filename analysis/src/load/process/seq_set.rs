//! The numbers of the intervals of a log that were seen.

use std::collections::BTreeMap;

/// A set of numbers, which are few ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SeqSet {
    /// The last numbers of ranges, by their first ones.
    ranges: BTreeMap<u64, u64>,
}

impl SeqSet {
    /// Adds a number; false if the set has it.
    pub(super) fn insert(&mut self, seq: u64) -> bool {
        let before = self.ranges.range(..=seq).next_back();
        let before = before.map(|(&first, &last)| (first, last));
        if before.is_some_and(|(_, last)| last >= seq) {
            return false;
        }
        let first = match before {
            Some((first, last)) if last + 1 == seq => first,
            _ => seq,
        };
        let last = seq
            .checked_add(1)
            .and_then(|next| self.ranges.remove(&next));
        self.ranges.insert(first, last.unwrap_or(seq));
        true
    }

    /// The number of numbers.
    pub(super) fn len(&self) -> u64 {
        self.ranges
            .iter()
            .map(|(first, last)| last - first + 1)
            .sum()
    }

    /// The largest number; 0 without any.
    pub(super) fn last(&self) -> u64 {
        self.ranges.values().next_back().copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn set_of_ranges_is_a_set(numbers in prop::collection::vec(1u64..40, 0..60)) {
            let (mut ranges, mut set) = (SeqSet::default(), BTreeSet::new());
            for number in numbers {
                prop_assert_eq!(ranges.insert(number), set.insert(number));
            }
            prop_assert_eq!(ranges.len(), set.len() as u64);
            prop_assert_eq!(ranges.last(), set.last().copied().unwrap_or(0));
        }
    }
}
