//! Follows the journal in memory of one or more servers as it goes on.

use super::request_log::RequestLog;
use super::request_log::cursor::{LogCursor, ReadLines};
use flagpole_protocol::JournalEntry;
use std::sync::{Arc, Mutex, PoisonError};

/// A reader of the journal in memory. It holds no copy of the entries, so a reader that is slow misses what leaves the
/// memory meanwhile.
#[derive(Debug)]
pub(crate) struct JournalFollower(Vec<(Arc<Mutex<RequestLog>>, LogCursor)>);

/// The lines that a follower has read.
#[derive(Debug, Default)]
pub(crate) struct FollowedLines {
    /// Two lines for each request, as in a file, by number. A line [`Dropped`](JournalEntry::Dropped) comes first if
    /// entries were missed.
    pub(crate) lines: Vec<JournalEntry>,
    /// Whether a server was reset since the previous read.
    pub(crate) was_reset: bool,
}

impl JournalFollower {
    /// A follower that begins with the oldest entries of these logs.
    pub(crate) fn new(logs: impl IntoIterator<Item = Arc<Mutex<RequestLog>>>) -> JournalFollower {
        let follow = |log: Arc<Mutex<RequestLog>>| {
            let cursor = LogCursor::new(&log.lock().unwrap_or_else(PoisonError::into_inner));
            (log, cursor)
        };
        JournalFollower(logs.into_iter().map(follow).collect())
    }

    /// Reads what is new.
    pub(crate) fn read(&mut self) -> FollowedLines {
        let (mut followed, mut missed) = (FollowedLines::default(), 0);
        for (log, cursor) in &mut self.0 {
            let mut has_more = true;
            while has_more {
                // Not longer than for one read, because the worker waits for the lock.
                let read = cursor.read(&log.lock().unwrap_or_else(PoisonError::into_inner));
                let ReadLines { lines, .. } = read;
                followed.lines.extend(lines);
                followed.was_reset |= read.was_reset;
                missed += read.missed;
                has_more = read.has_more;
            }
        }
        // The sort is stable, so an end stays after its begin.
        followed.lines.sort_by_key(JournalEntry::id);
        if missed > 0 {
            let dropped = JournalEntry::Dropped { lines: missed };
            followed.lines.insert(0, dropped);
        }
        followed
    }

    /// Reads the entries, one for each request: its end if it is over, otherwise its begin.
    pub(crate) fn read_entries(mut self) -> Vec<JournalEntry> {
        let mut lines = self.read().lines.into_iter().peekable();
        let mut entries = Vec::new();
        while let Some(line) = lines.next() {
            let is_followed_by_its_end = lines.peek().is_some_and(|next| next.id() == line.id());
            // Entries that were missed are older than those that are read.
            let is_dropped = matches!(line, JournalEntry::Dropped { .. });
            if !is_followed_by_its_end && !is_dropped {
                entries.push(line);
            }
        }
        entries
    }
}
