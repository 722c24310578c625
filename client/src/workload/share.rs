//! The share of a load that one process, or one event loop of it, has.

/// Share `index` of `of` shares. Arrivals and users with number i belong to the share i mod `of`, so that processes and loops
/// share nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// From 0; less than `of`.
    pub index: u64,
    /// The number of shares; at least 1.
    pub of: u64,
}

impl Share {
    /// All of the load: there is one process with one loop.
    pub const WHOLE: Share = Share { index: 0, of: 1 };

    /// This share in `count` equal shares, at least one: those of the loops of a process.
    pub(crate) fn divided(self, count: usize) -> impl Iterator<Item = Share> {
        let count = count.max(1) as u64;
        (0..count).map(move |number| Share {
            index: self.index + self.of * number,
            of: self.of * count,
        })
    }

    /// This share's part of `total`; the parts of all shares add up to it, and the first are at most 1 larger.
    pub fn part_of(self, total: usize) -> usize {
        let part = (total as u64 + self.of - 1 - self.index) / self.of;
        // A part is not larger than the whole.
        usize::try_from(part).unwrap_or(total)
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
            let parts: Vec<_> = (Share::WHOLE.divided(count))
                .map(|share| share.part_of(total))
                .collect();
            assert_eq!((parts.len(), parts.iter().sum()), (count, total));
            assert!(parts.is_sorted_by(|a, b| a >= b) && parts[0] - parts[count - 1] <= 1);
        }
    }

    #[test]
    fn loops_of_a_process_have_its_share_although_processes_have_different_numbers_of_loops() {
        let processes = Share::WHOLE.divided(3).zip([1, 4, 2]);
        let loops: Vec<_> = processes
            .flat_map(|(process, loops)| process.divided(loops))
            .collect();
        for number in 0..200 {
            let owners = loops.iter().filter(|share| share.contains(number));
            assert_eq!(owners.count(), 1, "{number}");
        }
        let parts = loops.iter().map(|share| share.part_of(50));
        assert_eq!(parts.sum::<usize>(), 50);
    }
}
