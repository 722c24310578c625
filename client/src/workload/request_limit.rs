//! The number of requests of a closed run, which all loops share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Tickets for the requests of a run; clones share them.
#[derive(Clone, Debug)]
pub struct RequestLimit {
    next: Arc<AtomicU64>,
    count: u64,
}

impl RequestLimit {
    /// This number of requests, or of iterations of a scenario.
    pub fn new(count: u64) -> RequestLimit {
        let next = Arc::default();
        RequestLimit { next, count }
    }

    /// The number of the next request, from 0; `None` if all have been taken.
    pub(crate) fn take(&self) -> Option<u64> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (number < self.count).then_some(number)
    }
}
