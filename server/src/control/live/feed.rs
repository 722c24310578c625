//! What the readers of a live page get: snapshots, of which the last five minutes are kept, and documents, of which the
//! newest is. All readers share the encoded events. A reader that is slow misses snapshots: it gets the newest one, and
//! nothing waits for it.

use super::event;
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use std::iter;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// The time between two snapshots.
pub(super) const INTERVAL: Duration = Duration::from_millis(500);

/// Maximum number of snapshots that are kept: five minutes.
const MAX_SNAPSHOTS: usize = 600;

/// Maximum size of the snapshots that are kept, in bytes: with very many listeners these are less than five minutes.
const MAX_BYTES: usize = 4 << 20;

/// The feed of a live page.
#[derive(Debug)]
pub(crate) struct LiveFeed {
    state: Mutex<FeedState>,
    /// The number of the last change.
    changes: watch::Sender<u64>,
    readers: AtomicUsize,
}

#[derive(Debug, Default)]
struct FeedState {
    /// The number of the last change, from 1.
    number: u64,
    history: VecDeque<Bytes>,
    /// The size of the history.
    bytes: usize,
    /// The number and the event of the newest snapshot.
    snapshot: Option<(u64, Bytes)>,
    /// By the name of their event: the number and the event of the newest document.
    documents: BTreeMap<&'static str, (u64, Bytes)>,
}

/// What one reader has got so far.
#[derive(Debug)]
pub(super) struct FeedReader {
    feed: Arc<LiveFeed>,
    changes: watch::Receiver<u64>,
    /// The number of the last change that was read; `None` before the first read.
    last: Option<u64>,
}

impl LiveFeed {
    pub(super) fn new() -> Arc<LiveFeed> {
        Arc::new(LiveFeed {
            state: Mutex::default(),
            changes: watch::Sender::new(0),
            readers: AtomicUsize::new(0),
        })
    }

    /// Adds a snapshot, as JSON.
    pub(super) fn push(&self, json: &str) {
        let (event, snapshot) = (event::event("snapshot", json), Bytes::from(json.to_owned()));
        self.change(|state| {
            state.snapshot = Some((state.number, event));
            state.bytes += snapshot.len();
            state.history.push_back(snapshot);
            while state.history.len() > MAX_SNAPSHOTS || state.bytes > MAX_BYTES {
                let oldest = state.history.pop_front();
                state.bytes -= oldest.map_or(0, |oldest| oldest.len());
            }
        });
    }

    /// Sets the newest document of this name, as JSON.
    pub(super) fn set(&self, name: &'static str, json: &str) {
        let event = event::event(name, json);
        self.change(|state| {
            state.documents.insert(name, (state.number, event));
        });
    }

    fn change(&self, change: impl FnOnce(&mut FeedState)) {
        let number = {
            let mut state = self.lock();
            state.number += 1;
            change(&mut state);
            state.number
        };
        self.changes.send_replace(number);
    }

    /// The number of readers.
    pub(super) fn reader_count(&self) -> usize {
        self.readers.load(Relaxed)
    }

    /// A new reader, which gets the history first.
    pub(super) fn subscribe(self: &Arc<Self>) -> FeedReader {
        self.readers.fetch_add(1, Relaxed);
        FeedReader {
            feed: self.clone(),
            changes: self.changes.subscribe(),
            last: None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, FeedState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FeedReader {
    /// The events since the previous read, of each kind the newest, in the order in which they were set. At first also
    /// the history, whose pieces are encoded when the iterator is asked for them.
    pub(super) fn read(&mut self) -> impl Iterator<Item = Bytes> + use<> {
        let state = self.feed.lock();
        let is_first = self.last.is_none();
        let last = self.last.replace(state.number).unwrap_or(0);
        let snapshot = state.snapshot.as_ref().filter(|_| !is_first);
        let newest = state.documents.values().chain(snapshot);
        let newest = newest.filter(|(number, _)| *number > last);
        let mut newest: Vec<_> = newest.cloned().collect();
        newest.sort_by_key(|(number, _)| *number);
        let history = is_first.then(|| state.history.iter().cloned().collect());
        let history = history.into_iter().flat_map(|snapshots| {
            let pieces = event::history(snapshots);
            iter::once(event::retry()).chain(pieces)
        });
        newest.into_iter().map(|(_, event)| event).chain(history)
    }

    /// Waits until there is something to read.
    pub(super) async fn changed(&mut self) {
        let last = self.last.unwrap_or(0);
        // The feed, and so the sender, is there as long as the reader.
        let _ = self.changes.wait_for(|number| *number > last).await;
    }
}

impl Drop for FeedReader {
    fn drop(&mut self) {
        self.feed.readers.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(reader: &mut FeedReader) -> String {
        String::from_utf8(reader.read().collect::<Vec<_>>().concat()).unwrap()
    }

    #[test]
    fn slow_reader_gets_the_newest_of_each_kind() {
        let feed = LiveFeed::new();
        let mut reader = feed.subscribe();
        read(&mut reader);
        for number in 1..=1000 {
            feed.push(&number.to_string());
            feed.set("state", &format!("[{number}]"));
        }
        assert_eq!(
            read(&mut reader),
            "event: snapshot\ndata: 1000\n\nevent: state\ndata: [1000]\n\n"
        );
        assert_eq!(read(&mut reader), "");
    }

    #[test]
    fn documents_have_the_order_in_which_they_were_set() {
        let feed = LiveFeed::new();
        for name in ["end", "state", "end"] {
            feed.set(name, "{}");
        }
        let text = read(&mut feed.subscribe());
        assert!(
            text.starts_with("event: state\ndata: {}\n\nevent: end\n"),
            "{text}"
        );
    }

    #[test]
    fn new_reader_gets_five_minutes_of_history() {
        let feed = LiveFeed::new();
        feed.set("state", "{}");
        for number in 1..=1000 {
            feed.push(&number.to_string());
        }
        let text = read(&mut feed.subscribe());
        assert!(text.starts_with("event: state\ndata: {}\n\nretry: 1000\n\nevent: history\n"));
        assert!(text.contains("data: [\ndata: 401\ndata: ,402\n"), "{text}");
        assert!(text.ends_with("data: ,1000\ndata: ]\n\n"), "{text}");
    }

    #[test]
    fn history_is_bounded_in_bytes() {
        let feed = LiveFeed::new();
        let large = "1".repeat(1 << 20);
        for _ in 0..10 {
            feed.push(&large);
        }
        let state = feed.lock();
        assert_eq!((state.history.len(), state.bytes), (4, MAX_BYTES));
    }

    #[test]
    fn readers_are_counted() {
        let feed = LiveFeed::new();
        let readers = [feed.subscribe(), feed.subscribe()];
        assert_eq!(feed.reader_count(), 2);
        drop(readers);
        assert_eq!(feed.reader_count(), 0);
    }
}
