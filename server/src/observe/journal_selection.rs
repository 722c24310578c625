//! Chosen entries of the journal in memory. They are read bit by bit, so that an answer that is read slowly holds only their
//! numbers.

use super::request_log::RequestLog;
use flagpole_protocol::JournalEntry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The number of entries that are read at a time: the worker of a log waits for its lock meanwhile.
const ENTRIES_PER_PIECE: usize = 256;

/// Entries that are chosen and not read yet.
#[derive(Debug)]
pub(crate) struct JournalSelection {
    logs: Vec<Arc<Mutex<RequestLog>>>,
    /// In the order in which they are read.
    places: Vec<Place>,
    /// The number of places that were read.
    #[cfg(feature = "control")]
    read: usize,
}

/// Where an entry is.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// The number of the entry.
    id: u64,
    /// The index of its log.
    log: usize,
}

impl JournalSelection {
    /// The newest entries, at most `limit`; the oldest of them comes first.
    pub(crate) fn newest(
        logs: impl IntoIterator<Item = Arc<Mutex<RequestLog>>>,
        limit: usize,
    ) -> JournalSelection {
        Self::select(logs, |log| log.ids().rev().take(limit).collect()).last(limit)
    }

    /// The last of the selected entries, at most `limit`.
    pub(crate) fn last(mut self, limit: usize) -> JournalSelection {
        let first = self.places.len().saturating_sub(limit);
        self.places.drain(..first);
        self
    }

    fn select(
        logs: impl IntoIterator<Item = Arc<Mutex<RequestLog>>>,
        ids: impl Fn(&RequestLog) -> Vec<u64>,
    ) -> JournalSelection {
        let logs: Vec<_> = logs.into_iter().collect();
        let mut places = Vec::new();
        for (index, log) in logs.iter().enumerate() {
            let ids = ids(&lock(log));
            places.extend(ids.into_iter().map(|id| Place { id, log: index }));
        }
        places.sort_unstable_by_key(|place| place.id);
        JournalSelection {
            logs,
            places,
            #[cfg(feature = "control")]
            read: 0,
        }
    }

    /// Reads all of them. An entry that has made room for a newer one meanwhile is left out.
    pub(crate) fn read_all(self) -> Vec<JournalEntry> {
        let pieces = self.places.chunks(ENTRIES_PER_PIECE);
        pieces
            .flat_map(|piece| self.entries(piece))
            .flatten()
            .collect()
    }

    /// The entries at some places, in their order; `None` for one that is no longer there.
    fn entries(&self, places: &[Place]) -> Vec<Option<JournalEntry>> {
        let mut entries = vec![None; places.len()];
        for (index, log) in self.logs.iter().enumerate() {
            let log = lock(log);
            for (place, entry) in places.iter().zip(&mut entries) {
                if place.log == index {
                    *entry = log.entry(place.id);
                }
            }
        }
        entries
    }
}

#[cfg(feature = "control")]
impl JournalSelection {
    /// The entries with numbers above `since`, at most the first `limit`.
    pub(crate) fn after(
        logs: impl IntoIterator<Item = Arc<Mutex<RequestLog>>>,
        since: u64,
        limit: usize,
    ) -> JournalSelection {
        Self::select(logs, |log| log.ids_after(since).take(limit).collect()).first(limit)
    }

    /// Those of the selected entries that `is_chosen` accepts.
    pub(crate) fn filter(mut self, is_chosen: impl Fn(&JournalEntry) -> bool) -> JournalSelection {
        let mut chosen = Vec::new();
        for piece in self.places.chunks(ENTRIES_PER_PIECE) {
            let entries = self.entries(piece).into_iter().zip(piece);
            chosen.extend(entries.filter_map(|(entry, place)| {
                entry.as_ref().is_some_and(&is_chosen).then_some(*place)
            }));
        }
        self.places = chosen;
        self
    }

    /// The first of the selected entries, at most `limit`.
    pub(crate) fn first(mut self, limit: usize) -> JournalSelection {
        self.places.truncate(limit);
        self
    }

    /// Whether all entries were read.
    pub(crate) fn is_read(&self) -> bool {
        self.read == self.places.len()
    }

    /// Reads the next entries; `None` after the last. Entries that have made room for newer ones meanwhile are replaced by a
    /// line [`Dropped`](JournalEntry::Dropped).
    pub(crate) fn read(&mut self) -> Option<Vec<JournalEntry>> {
        let piece = self.places[self.read..].chunks(ENTRIES_PER_PIECE).next()?;
        self.read += piece.len();
        let mut entries: Vec<_> = self.entries(piece).into_iter().flatten().collect();
        let missing = piece.len() - entries.len();
        if missing > 0 {
            let lines = missing as u64;
            entries.insert(0, JournalEntry::Dropped { lines });
        }
        Some(entries)
    }
}

fn lock(log: &Mutex<RequestLog>) -> MutexGuard<'_, RequestLog> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, feature = "control"))]
pub(crate) mod tests {
    use super::*;
    use flagpole_protocol::ErrorEntry;
    use std::time::Duration;

    pub(crate) fn error(id: u64) -> ErrorEntry {
        ErrorEntry {
            id,
            at: Duration::ZERO,
            unix_time: Duration::ZERO,
            listener: None,
            connection: None,
            status: None,
            error: "x".into(),
            count: 1,
        }
    }

    fn ids(mut selection: JournalSelection) -> Vec<u64> {
        let pieces = std::iter::from_fn(|| selection.read());
        pieces.flatten().filter_map(|entry| entry.id()).collect()
    }

    #[test]
    fn entries_of_several_logs_are_selected_by_number() {
        let logs = [(); 2].map(|()| Arc::new(Mutex::new(RequestLog::new(1000))));
        for id in 1..=1000 {
            lock(&logs[usize::from(id % 4 == 0)]).push_error(error(id));
        }
        let newest = |limit| ids(JournalSelection::newest(logs.clone(), limit));
        assert_eq!(newest(3), [998, 999, 1000]);
        assert_eq!(newest(usize::MAX), (1..=1000).collect::<Vec<_>>());
        let after = |since| ids(JournalSelection::after(logs.clone(), since, 3));
        assert_eq!(after(5), [6, 7, 8]);
        assert_eq!(after(999), [1000]);
        let is_odd = |entry: &JournalEntry| entry.id().unwrap() % 2 == 1;
        let all = || JournalSelection::newest(logs.clone(), usize::MAX);
        assert_eq!(ids(all().filter(is_odd).first(2)), [1, 3]);
        assert_eq!(ids(all().filter(is_odd).last(2)), [997, 999]);
    }

    #[test]
    fn entries_that_have_left_the_memory_are_counted() {
        let log = Arc::new(Mutex::new(RequestLog::new(10)));
        (1..=10).for_each(|id| lock(&log).push_error(error(id)));
        let mut selection = JournalSelection::newest([log.clone()], 10);
        (11..=14).for_each(|id| lock(&log).push_error(error(id)));
        let entries = selection.read().unwrap();
        assert!(matches!(entries[0], JournalEntry::Dropped { lines: 4 }));
        assert_eq!(entries[1].id(), Some(5));
        assert!(selection.read().is_none());
    }
}
