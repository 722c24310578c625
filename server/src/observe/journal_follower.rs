//! Follows the journal in memory of one or more servers as it goes on.

use super::request_log::RequestLog;
use super::request_log::cursor::LogCursor;
use flagpole_protocol::JournalEntry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
            let cursor = LogCursor::new(&lock(&log));
            (log, cursor)
        };
        JournalFollower(logs.into_iter().map(follow).collect())
    }

    /// Reads what is new, but not more than some hundred lines of each log: a reader that stops holds no more than these.
    pub(crate) fn read(&mut self) -> FollowedLines {
        let (mut followed, mut missed) = (FollowedLines::default(), 0);
        // What is read of all logs ends at the same number, so that the order goes on with the next read.
        let logs = self.0.iter();
        let last = logs.map(|(log, cursor)| cursor.last_of_next_read(&lock(log)));
        let last = last.min().unwrap_or(u64::MAX);
        for (log, cursor) in &mut self.0 {
            let read = cursor.read(&lock(log), last);
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
}

fn lock(log: &Mutex<RequestLog>) -> MutexGuard<'_, RequestLog> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::journal_selection::tests::error;

    #[test]
    fn a_read_is_bounded_and_the_next_one_goes_on_in_order() {
        let logs = [(); 2].map(|()| Arc::new(Mutex::new(RequestLog::new(10_000))));
        for id in 1..=2000 {
            // Three of four entries are in the first log.
            lock(&logs[usize::from(id % 4 == 0)]).push_error(error(id));
        }
        let mut follower = JournalFollower::new(logs);
        let (mut ids, mut has_more) = (Vec::new(), true);
        while has_more {
            let read = follower.read();
            assert!(read.lines.len() <= 128, "{}", read.lines.len());
            ids.extend(read.lines.iter().filter_map(JournalEntry::id));
            has_more = read.has_more;
        }
        assert_eq!(ids, (1..=2000).collect::<Vec<_>>());
    }
}
