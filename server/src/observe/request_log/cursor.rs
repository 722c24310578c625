//! Reads the log of a worker bit by bit as it goes on, so that the worker never waits long for the lock.

use super::RequestLog;
use super::slot::Slot;
use flagpole_protocol::JournalEntry;
use std::collections::BTreeSet;

/// Maximum number of new entries, and of ends of older ones, that are read at a time.
const MAX_ENTRIES: usize = 64;

/// A place in a log: what a reader has seen.
#[derive(Debug, Default)]
pub(crate) struct LogCursor {
    epoch: u64,
    /// The number of the next entry that the reader has not seen.
    next: u64,
    /// The numbers of entries of which the reader has seen the begin and not the end.
    open: BTreeSet<u64>,
}

/// What was read from a log.
#[derive(Debug, Default)]
pub(crate) struct ReadLines {
    /// Two lines for each request, as in a file; the end of a request comes after its begin.
    pub(crate) lines: Vec<JournalEntry>,
    /// The number of entries that left the log before they, or their end, were read.
    pub(crate) missed: u64,
    /// Whether the log was reset since the previous read.
    pub(crate) was_reset: bool,
    /// Whether there is more to read now.
    pub(crate) has_more: bool,
}

impl LogCursor {
    /// A cursor at the oldest entry of a log.
    pub(crate) fn new(log: &RequestLog) -> LogCursor {
        LogCursor {
            epoch: log.epoch,
            next: log.dropped,
            open: BTreeSet::new(),
        }
    }

    /// The number of the last entry that fits into the next read; `u64::MAX` if all fit.
    pub(crate) fn last_of_next_read(&self, log: &RequestLog) -> u64 {
        let is_same_epoch = self.epoch == log.epoch;
        let next = if is_same_epoch { self.next } else { 0 };
        let unread = usize::try_from(next.saturating_sub(log.dropped)).unwrap_or(usize::MAX);
        let end = unread.saturating_add(MAX_ENTRIES);
        match log.ring.get(end) {
            Some(_) => log.ring[end - 1].id(),
            None => u64::MAX,
        }
    }

    /// Reads what is new in the log, up to the entry with the number `last`.
    pub(crate) fn read(&mut self, log: &RequestLog, last: u64) -> ReadLines {
        let mut read = ReadLines::default();
        if self.epoch != log.epoch {
            *self = LogCursor::default();
            self.epoch = log.epoch;
            read.was_reset = true;
        }
        self.read_ends(log, &mut read);
        read.missed += log.dropped.saturating_sub(self.next);
        self.next = self.next.max(log.dropped);
        let unread = usize::try_from(self.next - log.dropped).unwrap_or(usize::MAX);
        let mut unread = log.ring.range(unread.min(log.ring.len())..).peekable();
        for _ in 0..MAX_ENTRIES {
            let Some(slot) = unread.next_if(|slot| slot.id() <= last) else {
                break;
            };
            self.read_new(slot, &mut read);
        }
        read.has_more |= unread.peek().is_some();
        read
    }

    /// Reads the ends of requests whose begin was read before.
    fn read_ends(&mut self, log: &RequestLog, read: &mut ReadLines) {
        self.open.retain(|&number| {
            let Some(slot) = log.slot(number) else {
                read.missed += 1;
                return false;
            };
            if slot.is_over() && read.lines.len() == MAX_ENTRIES {
                read.has_more = true;
                return true;
            }
            read.lines.extend(slot.end());
            slot.is_open()
        });
    }

    fn read_new(&mut self, slot: &Slot, read: &mut ReadLines) {
        read.lines.push(slot.begin());
        read.lines.extend(slot.end());
        if slot.is_open() {
            self.open.insert(self.next);
        }
        self.next += 1;
    }
}
