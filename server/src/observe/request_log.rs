//! What one worker records, under one lock: its ledger, and the journal in memory, a ring of the newest entries.

#[cfg(feature = "control")]
pub(crate) mod cursor;

use flagpole_protocol::{
    Cause, ErrorEntry, JournalEntry, Ledger, RequestEntry, RequestOutcome, ResponseEnd,
};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::mem;

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

/// An entry of the ring.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "most entries are requests, and a box would cost each an allocation"
)]
enum Slot {
    /// A request; `None` until it is over.
    Request(RequestEntry, Option<RequestOutcome>),
    Error(ErrorEntry),
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

    /// Counts a request, and stores its entry, if there is one.
    pub(crate) fn begin(&mut self, cause: &Cause, entry: Option<RequestEntry>) -> LogTicket {
        self.ledger.count_request(cause);
        let number = self.dropped + self.ring.len() as u64;
        if let Some(entry) = entry {
            self.push(Slot::Request(entry, None));
        }
        LogTicket {
            epoch: self.epoch,
            number,
        }
    }

    /// Corrects how the response is planned to end, now that its length is known.
    pub(crate) fn set_ending(&mut self, ticket: LogTicket, ending: Cow<'static, str>) {
        if let Some(Slot::Request(entry, _)) = self.slot_mut(ticket) {
            entry.ending = ending;
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
        if outcome.is_none() {
            return;
        }
        if let Some(Slot::Request(_, slot)) = self.slot_mut(ticket) {
            *slot = outcome;
        }
    }

    /// Stores the entry of an error.
    pub(crate) fn push_error(&mut self, entry: ErrorEntry) {
        self.push(Slot::Error(entry));
    }

    fn push(&mut self, slot: Slot) {
        if self.capacity == 0 {
            return;
        }
        if self.ring.len() == self.capacity {
            self.ring.pop_front();
            self.dropped += 1;
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
        Some(self.ring[index].entry())
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

impl Slot {
    /// The number of the request or the error.
    fn id(&self) -> u64 {
        match self {
            Slot::Request(request, _) => request.id,
            Slot::Error(error) => error.id,
        }
    }

    /// The end of a request that is over, otherwise its begin; or the error.
    fn entry(&self) -> JournalEntry {
        match self.clone() {
            Slot::Request(request, None) => JournalEntry::Begin(request),
            Slot::Request(request, Some(outcome)) => JournalEntry::End { request, outcome },
            Slot::Error(error) => JournalEntry::Error(error),
        }
    }
}
