//! Follows the journal in memory of one or more servers as it goes on.

use super::request_log::RequestLog;
use super::request_log::cursor::LogCursor;
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
    /// Whether there is more to read now.
    pub(crate) has_more: bool,
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

    /// Reads a bounded part of what is new.
    pub(crate) fn read(&mut self) -> FollowedLines {
        let (mut followed, mut missed) = (FollowedLines::default(), 0);
        for (log, cursor) in &mut self.0 {
            let read = cursor.read(&log.lock().unwrap_or_else(PoisonError::into_inner));
            followed.lines.extend(read.lines);
            followed.was_reset |= read.was_reset;
            followed.has_more |= read.has_more;
            missed += read.missed;
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
        let (mut lines, mut has_more) = (Vec::new(), true);
        while has_more {
            let read = self.read();
            has_more = read.has_more;
            lines.extend(read.lines);
        }
        lines.sort_by_key(JournalEntry::id);
        let (mut lines, mut entries) = (lines.into_iter().peekable(), Vec::new());
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
