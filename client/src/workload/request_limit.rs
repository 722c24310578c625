//! The number of requests of a closed run, which all loops share.

use super::share::Share;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Tickets for the requests of a process; clones share them.
#[derive(Clone, Debug)]
pub struct RequestLimit {
    taken: Arc<AtomicU64>,
    count: u64,
    share: Share,
}

impl RequestLimit {
    /// This number of requests, or of iterations of a scenario.
    pub fn new(count: u64) -> RequestLimit {
        RequestLimit {
            taken: Arc::default(),
            count,
            share: Share::WHOLE,
        }
    }

    /// The requests are those of several processes, of which this one has a share.
    pub fn share(self, share: Share) -> RequestLimit {
        RequestLimit { share, ..self }
    }

    /// The number of the next request among those of all processes, from 0; `None` if all of this process have been taken.
    pub(crate) fn take(&self) -> Option<u64> {
        let taken = self.taken.fetch_add(1, Ordering::Relaxed);
        let number = taken.checked_mul(self.share.of)?;
        let number = number.checked_add(self.share.index)?;
        (number < self.count).then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_have_all_numbers_together_and_no_remainder_is_lost() {
        for (count, processes) in [(10, 4), (3, 3), (1, 2), (1000, 7)] {
            let limits = (Share::WHOLE.divided(processes))
                .map(|share| RequestLimit::new(count).share(share));
            let taken = limits.flat_map(|limit| std::iter::from_fn(move || limit.take()));
            let mut taken: Vec<_> = taken.collect();
            taken.sort_unstable();
            assert!(taken.into_iter().eq(0..count), "{count} of {processes}");
        }
    }
}
