//! Which part of a load a process has.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One of several processes that share a load: arrival, user or request number n, from 0, belongs to the shard n mod `of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shard {
    /// From 1.
    pub index: u64,
    /// The number of shards.
    pub of: u64,
}

impl Shard {
    /// This shard's part of a number of connections or requests; the parts of all shards add up to it.
    pub fn part_of(self, total: u64) -> u64 {
        total.saturating_add(self.of).saturating_sub(self.index) / self.of.max(1)
    }
}

/// `shard 2 of 4`.
impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shard {} of {}", self.index, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_all_shards_add_up() {
        for (total, of) in [(50, 4), (3, 3), (1, 2), (0, 5), (1_000_000, 7)] {
            let parts = (1..=of).map(|index| Shard { index, of }.part_of(total));
            let parts: Vec<_> = parts.collect();
            assert_eq!(parts.iter().sum::<u64>(), total);
            assert!(parts[0] - parts[parts.len() - 1] <= 1, "{parts:?}");
        }
    }
}
