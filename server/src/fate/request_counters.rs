//! Counts the requests for each key (normalised path), apart for each run that a client names.

use crate::fate::redirect_chain::SentRedirects;
use flagpole_protocol::{FateKey, Resource};
use lru::LruCache;
use siphasher::sip128::{Hasher128 as _, SipHasher24};
use std::hash::Hasher as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Default of [`RequestCounters::capacity`]; takes about 8 MB, as much again for named runs, and for redirects.
const DEFAULT_CAPACITY: usize = 100_000;

/// A run takes as much memory as this number of counters, besides its counters.
const WEIGHT_OF_RUN: usize = 8;

/// Counts by a digest of the key, so that long paths cost no memory. The least recently used is dropped first.
type Counts = LruCache<u128, u64>;

/// The counters of one listener. A counter that is dropped starts at 1 again.
#[derive(Debug)]
pub(crate) struct RequestCounters {
    /// Requests for a resource in no named run, by the index of the resource. Most requests are counted here, without a
    /// lock.
    resources: Box<[AtomicU64]>,
    /// Requests for all other paths in no named run.
    paths: Mutex<Counts>,
    runs: Mutex<NamedRuns>,
    /// Maximum number of counters in `paths`, and of counters in `runs`, where each run counts as several.
    capacity: usize,
    /// The redirects that were sent and not followed yet.
    pub(crate) redirects: SentRedirects,
}

impl RequestCounters {
    /// Counters that hold at most `capacity` counts of named runs, and as many of paths without a resource.
    pub(crate) fn with_capacity(capacity: usize) -> RequestCounters {
        RequestCounters {
            resources: (0..Resource::COUNT).map(|_| AtomicU64::new(0)).collect(),
            paths: Mutex::new(LruCache::unbounded()),
            runs: Mutex::new(NamedRuns::default()),
            capacity,
            redirects: SentRedirects::with_capacity(capacity),
        }
    }

    /// Makes all numbers start at 1 again, and forgets the redirects that were sent.
    pub(crate) fn reset(&self) {
        for count in &self.resources {
            count.store(0, Ordering::Relaxed);
        }
        let mut paths = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        paths.clear();
        drop(paths);
        *self.runs.lock().unwrap_or_else(PoisonError::into_inner) = NamedRuns::default();
        self.redirects.clear();
    }

    /// Counts a request, and returns its number, from 1. Each named run has separate counters.
    pub(crate) fn count(&self, run: Option<&str>, key: &FateKey) -> u64 {
        if let Some(run) = run {
            let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
            return runs.count(run, key, self.capacity);
        }
        if let Some(index) = key.resource().and_then(Resource::index) {
            return self.resources[index].fetch_add(1, Ordering::Relaxed) + 1;
        }
        let mut paths = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        let number = count(&mut paths, key);
        if paths.len() > self.capacity {
            paths.pop_lru();
        }
        number
    }
}

impl Default for RequestCounters {
    fn default() -> RequestCounters {
        RequestCounters::with_capacity(DEFAULT_CAPACITY)
    }
}

/// The counters of named runs. A run is dropped as a whole, the least recently used first: a run in use keeps all its
/// counters, however many other names come in.
#[derive(Debug)]
struct NamedRuns {
    /// By a digest of the name.
    runs: LruCache<u128, Counts>,
    /// The number of counters of all runs.
    counters: usize,
}

impl NamedRuns {
    fn count(&mut self, run: &str, key: &FateKey, capacity: usize) -> u64 {
        let counts = self
            .runs
            .get_or_insert_mut(digest(run), LruCache::unbounded);
        let before = counts.len();
        let number = count(counts, key);
        self.counters += counts.len() - before;
        while self.counters + WEIGHT_OF_RUN * self.runs.len() > capacity.max(WEIGHT_OF_RUN + 1) {
            self.drop_least_recently_used();
        }
        number
    }

    /// Drops a run, or a counter of the only run.
    fn drop_least_recently_used(&mut self) {
        let dropped = match self.runs.pop_lru() {
            Some((name, mut only)) if self.runs.is_empty() => {
                only.pop_lru();
                self.runs.put(name, only);
                1
            }
            Some((_, counts)) => counts.len(),
            None => 0,
        };
        self.counters -= dropped;
    }
}

impl Default for NamedRuns {
    fn default() -> NamedRuns {
        NamedRuns {
            runs: LruCache::unbounded(),
            counters: 0,
        }
    }
}

fn count(counts: &mut Counts, key: &FateKey) -> u64 {
    let count = counts.get_or_insert_mut(digest(key.as_str()), || 0);
    *count += 1;
    *count
}

fn digest(text: &str) -> u128 {
    let mut hasher = SipHasher24::new();
    hasher.write(text.as_bytes());
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
        for (run, capacity) in [(None, 2), (Some("a"), 2 + WEIGHT_OF_RUN)] {
            let counters = RequestCounters::with_capacity(capacity);
            let numbers =
                ["/a", "/b", "/a", "/c", "/a", "/b"].map(|path| count(&counters, run, path));
            assert_eq!(numbers, [1, 1, 2, 1, 3, 1], "/c takes the place of /b");
        }
    }

    #[test]
    fn a_run_in_use_keeps_all_its_counters_while_other_names_come_in() {
        let counters = RequestCounters::with_capacity(100);
        assert_eq!(count(&counters, Some("used"), "/rare"), 1);
        for number in 1..=1000 {
            let name = number.to_string();
            assert_eq!(count(&counters, Some("used"), "/often"), number);
            assert_eq!(count(&counters, Some(&name), "/often"), 1);
        }
        assert_eq!(count(&counters, Some("used"), "/rare"), 2);
        assert_eq!(count(&counters, Some("1000"), "/often"), 2, "the last one");
        assert_eq!(count(&counters, Some("1"), "/often"), 1, "dropped before");
    }

    #[test]
    fn memory_is_bounded() {
        let counters = RequestCounters::with_capacity(100);
        for number in 0..1000 {
            let name = number.to_string();
            count(&counters, Some(&name), "/");
            count(&counters, Some("one"), &format!("/{name}"));
            count(&counters, None, &format!("/{name}"));
        }
        let runs = counters.runs.lock().unwrap();
        let counted: usize = runs.runs.iter().map(|(_, counts)| counts.len()).sum();
        assert_eq!(counted, runs.counters);
        assert!(counted + WEIGHT_OF_RUN * runs.runs.len() <= 100);
        assert_eq!(counters.paths.lock().unwrap().len(), 100);
    }

    #[test]
    fn counters_of_resources_are_never_dropped() {
        let counters = RequestCounters::with_capacity(1);
        count(&counters, None, "/flags/br/br.gif");
        for name in 0..1000 {
            count(&counters, Some(&name.to_string()), "/flags/br/br.gif");
            count(&counters, None, &format!("/{name}"));
        }
        assert_eq!(count(&counters, None, "/flags/br/br.gif"), 2);
    }
}
