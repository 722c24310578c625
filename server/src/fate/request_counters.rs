//! Counts the requests for each key (normalised path) of a listener, from 1.

use flagpole_protocol::{FateKey, Resource};
use lru::LruCache;
use siphasher::sip128::{Hasher128 as _, SipHasher24};
use std::hash::Hasher as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Default of [`RequestCounters::capacity`]; takes about 8 MB.
const DEFAULT_CAPACITY: usize = 100_000;

/// The counters of one listener. A counter that is dropped starts at 1 again.
#[derive(Debug)]
pub(crate) struct RequestCounters {
    /// Counters of requests for a resource in no named run, by the index of the resource. Most requests are counted here,
    /// without a lock.
    resources: Box<[AtomicU64]>,
    /// Counters of all other requests, by a digest of run and path, so that long names cost no memory. The least recently
    /// used counter is dropped first.
    others: Mutex<LruCache<u128, u64>>,
    /// Maximum number of counters in `others`.
    capacity: usize,
}

impl RequestCounters {
    /// Counters that hold at most `capacity` counts of named runs and of paths without a resource.
    pub(crate) fn with_capacity(capacity: usize) -> RequestCounters {
        RequestCounters {
            resources: (0..Resource::COUNT).map(|_| AtomicU64::new(0)).collect(),
            others: Mutex::new(LruCache::unbounded()),
            capacity,
        }
    }

    /// Counts a request, and returns its number, from 1. A named run has counters of its own.
    pub(crate) fn count(&self, run: Option<&str>, key: &FateKey) -> u64 {
        match (run, key.resource()) {
            (None, Some(resource)) => {
                self.resources[resource.index()].fetch_add(1, Ordering::Relaxed) + 1
            }
            _ => self.count_other(digest(run, key)),
        }
    }

    /// The number of the last request that was counted; 1 before the first.
    pub(crate) fn current(&self, run: Option<&str>, key: &FateKey) -> u64 {
        let count = if let (None, Some(resource)) = (run, key.resource()) {
            self.resources[resource.index()].load(Ordering::Relaxed)
        } else {
            let others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
            others.peek(&digest(run, key)).copied().unwrap_or_default()
        };
        count.max(1)
    }

    fn count_other(&self, digest: u128) -> u64 {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let count = others.get_or_insert_mut(digest, || 0);
        *count += 1;
        let number = *count;
        if others.len() > self.capacity {
            others.pop_lru();
        }
        number
    }
}

impl Default for RequestCounters {
    fn default() -> RequestCounters {
        RequestCounters::with_capacity(DEFAULT_CAPACITY)
    }
}

fn digest(run: Option<&str>, key: &FateKey) -> u128 {
    let mut hasher = SipHasher24::new();
    hasher.write(run.unwrap_or_default().as_bytes());
    // A separator that occurs neither in a run's name nor in a path.
    hasher.write(b"\n");
    hasher.write(key.as_str().as_bytes());
    hasher.finish128().as_u128()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(counters: &RequestCounters, run: Option<&str>, path: &str) -> u64 {
        counters.count(run, &FateKey::from_path(path))
    }

    #[test]
    fn each_key_counts_from_1() {
        let counters = RequestCounters::default();
        for path in ["/flags/br/br.gif", "/flags/us/us.gif", "/", "/x"] {
            let numbers = [(); 3].map(|()| count(&counters, None, path));
            assert_eq!(numbers, [1, 2, 3], "{path}");
        }
    }

    #[test]
    fn the_current_number_is_that_of_the_last_request() {
        let counters = RequestCounters::default();
        for path in ["/flags/br/br.gif", "/x"] {
            let key = FateKey::from_path(path);
            assert_eq!(counters.current(None, &key), 1);
            count(&counters, None, path);
            count(&counters, None, path);
            assert_eq!(counters.current(None, &key), 2, "{path}");
            assert_eq!(count(&counters, None, path), 3, "{path}");
        }
    }

    #[test]
    fn named_runs_have_counters_of_their_own() {
        let counters = RequestCounters::default();
        for path in ["/flags/br/br.gif", "/x"] {
            let numbers = [Some("a"), Some("a"), Some("b"), None, Some("a")]
                .map(|run| count(&counters, run, path));
            assert_eq!(numbers, [1, 2, 1, 1, 3], "{path}");
        }
    }

    #[test]
    fn the_least_recently_used_counter_is_dropped_first() {
        let counters = RequestCounters::with_capacity(2);
        let numbers = ["/a", "/b", "/a", "/c", "/a", "/b"].map(|path| count(&counters, None, path));
        assert_eq!(numbers, [1, 1, 2, 1, 3, 1], "/c takes the place of /b");
    }

    #[test]
    fn counters_of_resources_are_never_dropped() {
        let counters = RequestCounters::with_capacity(1);
        count(&counters, None, "/flags/br/br.gif");
        for name in 0..1000 {
            count(&counters, Some(&name.to_string()), "/flags/br/br.gif");
            count(&counters, None, &format!("/{name}"));
        }
        assert_eq!(counters.others.lock().unwrap().len(), 1);
        assert_eq!(count(&counters, None, "/flags/br/br.gif"), 2);
    }
}
