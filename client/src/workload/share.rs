//! The share of a load that one event loop has.

/// Loop `index` of `of` loops. Arrivals and users with number i belong to the loop i mod `of`, so that loops share nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// From 0; less than `of`.
    pub index: u64,
    /// The number of loops; at least 1.
    pub of: u64,
}

impl Share {
    /// All of the load: there is one loop.
    pub const WHOLE: Share = Share { index: 0, of: 1 };

    /// `of` equal shares, at least one.
    pub(crate) fn all(of: usize) -> impl Iterator<Item = Share> {
        let of = of.max(1) as u64;
        (0..of).map(move |index| Share { index, of })
    }

    /// This share's part of `total`; the parts of all shares add up to it, and the first are at most 1 larger.
    pub(crate) fn part_of(self, total: usize) -> usize {
        let part = (total as u64 + self.of - 1 - self.index) / self.of;
        usize::try_from(part).expect("a part is not larger than the whole")
    }

    /// Whether arrival or user `number`, from 0, belongs to this share.
    pub fn contains(self, number: u64) -> bool {
        number % self.of == self.index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up() {
        for (total, count) in [(1, 1), (7, 2), (32, 3), (1000, 64), (3, 5)] {
            let parts: Vec<_> = Share::all(count)
                .map(|share| share.part_of(total))
                .collect();
            assert_eq!((parts.len(), parts.iter().sum()), (count, total));
            assert!(parts.is_sorted_by(|a, b| a >= b) && parts[0] - parts[count - 1] <= 1);
        }
    }
}
