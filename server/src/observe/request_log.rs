//! What one worker records, under one lock: its ledger, and the journal in memory, a ring of the newest entries.

#[cfg(feature = "control")]
pub(crate) mod cursor;
mod slot;

use flagpole_protocol::{
    Cause, ErrorEntry, JournalEntry, Ledger, RequestEntry, RequestOutcome, ResponseEnd,
};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::mem;

use slot::Slot;

/// The ledger and the newest journal entries of one worker. A reset starts a new epoch, in which the requests of earlier
/// epochs count no more.
#[derive(Debug)]
pub(crate) struct RequestLog {
    ledger: Ledger,
    ring: VecDeque<Slot>,
    /// Maximum number of entries in the ring.
    capacity: usize,
    /// Number of entries of this epoch that are no longer in the ring.
    dropped: u64,
    epoch: u64,
}

/// The place of a request in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogTicket {
    epoch: u64,
    /// The number of the entry in its epoch, from 0.
    number: u64,
}

impl RequestLog {
    /// An empty log whose ring holds at most `capacity` entries.
    pub(crate) fn new(capacity: usize) -> RequestLog {
        RequestLog {
            ledger: Ledger::default(),
            ring: VecDeque::new(),
            capacity,
            dropped: 0,
            epoch: 0,
        }
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The ledger, for counts of what belongs to no request.
    pub(crate) fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    /// The ledger, for counts of a request; `None` if the request began before the last reset.
    pub(crate) fn ledger_of(&mut self, ticket: LogTicket) -> Option<&mut Ledger> {
        (ticket.epoch == self.epoch).then_some(&mut self.ledger)
    }

    /// Counts a request. If its entry is stored, that must come next.
    pub(crate) fn begin(&mut self, cause: &Cause) -> LogTicket {
        self.ledger.count_request(cause);
        LogTicket {
            epoch: self.epoch,
            number: self.dropped + self.ring.len() as u64,
        }
    }

    /// Stores the entry of the request that began last.
    pub(crate) fn push_request(&mut self, entry: RequestEntry) {
        self.push(Slot::request(entry));
    }

    /// Corrects how the response is planned to end, now that its length is known.
    pub(crate) fn set_ending(&mut self, ticket: LogTicket, ending: Cow<'static, str>) {
        if let Some(slot) = self.slot_mut(ticket) {
            slot.set_ending(ending);
        }
    }

    /// Counts the end of a response, and completes its entry, if that is still in the ring.
    pub(crate) fn end(
        &mut self,
        ticket: LogTicket,
        end: ResponseEnd,
        outcome: Option<RequestOutcome>,
    ) {
        let Some(ledger) = self.ledger_of(ticket) else {
            return;
        };
        ledger.count_end(end);
        let Some(outcome) = outcome else {
            return;
        };
        if let Some(slot) = self.slot_mut(ticket) {
            slot.set_outcome(outcome);
        }
    }

    /// Stores the entry of an error.
    pub(crate) fn push_error(&mut self, entry: ErrorEntry) {
        self.push(Slot::Error(Box::new(entry)));
    }

    fn push(&mut self, slot: Slot) {
        if self.capacity == 0 {
            return;
        }
        if self.ring.len() == self.capacity {
            self.ring.pop_front();
            self.dropped += 1;
        } else if self.ring.len() == self.ring.capacity() {
            // Twice as many, but never more than needed: then a new entry takes the memory of the oldest.
            let len = self.ring.len();
            self.ring
                .reserve_exact(len.max(64).min(self.capacity - len));
        }
        self.ring.push_back(slot);
    }

    /// The numbers of the entries in the ring, which ascend.
    pub(crate) fn ids(&self) -> impl DoubleEndedIterator<Item = u64> {
        self.ring.iter().map(Slot::id)
    }

    /// Those of the numbers that are above `since`.
    #[cfg(feature = "control")]
    pub(crate) fn ids_after(&self, since: u64) -> impl Iterator<Item = u64> {
        let first = self.ring.partition_point(|slot| slot.id() <= since);
        self.ring.range(first..).map(Slot::id)
    }

    /// The entry with this number, if it is in the ring: the end of the request if it is over, otherwise its begin.
    pub(crate) fn entry(&self, id: u64) -> Option<JournalEntry> {
        let index = self.ring.binary_search_by_key(&id, Slot::id).ok()?;
        let slot = &self.ring[index];
        Some(slot.end().unwrap_or_else(|| slot.begin()))
    }

    /// The slot of the entry with this number in the epoch, if it is still in the ring.
    #[cfg(feature = "control")]
    fn slot(&self, number: u64) -> Option<&Slot> {
        let index = number.checked_sub(self.dropped)?;
        self.ring.get(usize::try_from(index).ok()?)
    }

    fn slot_mut(&mut self, ticket: LogTicket) -> Option<&mut Slot> {
        if ticket.epoch != self.epoch {
            return None;
        }
        let index = ticket.number.checked_sub(self.dropped)?;
        self.ring.get_mut(usize::try_from(index).ok()?)
    }

    /// Empties the log; returns the ledger.
    pub(crate) fn reset(&mut self) -> Ledger {
        self.epoch += 1;
        self.dropped = 0;
        self.ring.clear();
        mem::take(&mut self.ledger)
    }

    /// The number of entries since the last reset that are no longer in the ring.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }
}
