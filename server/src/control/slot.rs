//! The place of one connection among those that may be open, and the long calls: those that wait for something.

use super::problem::Problem;
use http::StatusCode;
use http::header::RETRY_AFTER;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Maximum number of open connections by default.
pub(super) const DEFAULT_MAX_CONNECTIONS: usize = 256;

/// Maximum number of calls that wait for requests, follow the journal, or drain connections; at most half of the connections,
/// so that there are others for calls that wait for nothing.
pub(super) const MAX_LONG_CALLS: usize = 64;

/// A connection that is open.
#[derive(Debug)]
pub(super) struct ConnectionSlot {
    number: u64,
    /// When it was used last, as the number of this use among those of all connections.
    last_use: AtomicU64,
    is_in_long_call: AtomicBool,
    /// Notified when the connection must end, because another one needs the place.
    pub(super) evicted: Notify,
    uses: Arc<AtomicU64>,
}

/// The open connections. If there are too many, the one that was used least recently makes place, unless it is in a long
/// call: so connections that do nothing keep no other from being served.
#[derive(Debug)]
pub(super) struct ConnectionSlots {
    max_open: usize,
    open: Mutex<BTreeMap<u64, Arc<ConnectionSlot>>>,
    uses: Arc<AtomicU64>,
    /// Notified when the last connection is closed.
    emptied: Notify,
    long_calls: Arc<Semaphore>,
}

/// Frees the place of a connection when it is dropped.
pub(super) struct SlotGuard {
    pub(super) slot: Arc<ConnectionSlot>,
    slots: Arc<ConnectionSlots>,
}

/// A call that waits; counted until it is dropped.
#[derive(Debug)]
pub(super) struct LongCall {
    slot: Arc<ConnectionSlot>,
    _permit: OwnedSemaphorePermit,
}

impl ConnectionSlot {
    /// Notes that a request has arrived.
    pub(super) fn touch(&self) {
        self.last_use
            .store(self.uses.fetch_add(1, Relaxed), Relaxed);
    }
}

impl ConnectionSlots {
    pub(super) fn new(max_open: usize) -> ConnectionSlots {
        ConnectionSlots {
            max_open,
            open: Mutex::default(),
            uses: Arc::default(),
            emptied: Notify::new(),
            long_calls: Arc::new(Semaphore::new(MAX_LONG_CALLS.min(max_open / 2))),
        }
    }

    /// Gives a place to a new connection; returns whether there was none left, so that another one makes place for it.
    pub(super) fn add(self: &Arc<Self>) -> (SlotGuard, bool) {
        let number = self.uses.fetch_add(1, Relaxed);
        let slot = Arc::new(ConnectionSlot {
            number,
            last_use: AtomicU64::new(number),
            is_in_long_call: AtomicBool::new(false),
            evicted: Notify::new(),
            uses: self.uses.clone(),
        });
        let mut open = self.lock();
        let was_full = open.len() >= self.max_open;
        if was_full {
            let candidates = open
                .values()
                .filter(|slot| !slot.is_in_long_call.load(Relaxed));
            let oldest = candidates.min_by_key(|slot| slot.last_use.load(Relaxed));
            if let Some(slot) = oldest.cloned() {
                open.remove(&slot.number);
                slot.evicted.notify_one();
            }
        }
        open.insert(number, slot.clone());
        drop(open);
        let slots = self.clone();
        (SlotGuard { slot, slots }, was_full)
    }

    /// Begins a long call on a connection; fails if there are too many.
    pub(super) fn begin_long_call(&self, slot: &Arc<ConnectionSlot>) -> Result<LongCall, Problem> {
        let permit = self.long_calls.clone().try_acquire_owned();
        let permit = permit.map_err(|_| {
            let detail = "too many other calls wait or follow the journal; try again";
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail);
            problem.with_field(RETRY_AFTER, "1")
        })?;
        slot.is_in_long_call.store(true, Relaxed);
        Ok(LongCall {
            slot: slot.clone(),
            _permit: permit,
        })
    }

    /// Waits until all connections are closed.
    pub(super) async fn wait_empty(&self) {
        while !self.lock().is_empty() {
            self.emptied.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<ConnectionSlot>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for LongCall {
    fn drop(&mut self) {
        self.slot.is_in_long_call.store(false, Relaxed);
    }
}

impl Drop for SlotGuard {
    fn drop(&mut self) {
        let mut open = self.slots.lock();
        open.remove(&self.slot.number);
        if open.is_empty() {
            self.slots.emptied.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connection_used_least_recently_makes_place() {
        let slots = Arc::new(ConnectionSlots::new(DEFAULT_MAX_CONNECTIONS));
        let guards: Vec<_> = (0..DEFAULT_MAX_CONNECTIONS)
            .map(|_| slots.add().0)
            .collect();
        let _call = slots.begin_long_call(&guards[0].slot).unwrap();
        guards[1].slot.touch();
        let _further = slots.add();
        let is_open = |index: usize| slots.lock().contains_key(&guards[index].slot.number);
        assert!(is_open(0) && is_open(1) && !is_open(2) && is_open(3));
        assert_eq!(slots.lock().len(), DEFAULT_MAX_CONNECTIONS);
    }

    #[test]
    fn long_calls_are_bounded() {
        let slots = Arc::new(ConnectionSlots::new(DEFAULT_MAX_CONNECTIONS));
        let (connection, _) = slots.add();
        let begin = || slots.begin_long_call(&connection.slot);
        let calls: Vec<_> = (0..MAX_LONG_CALLS).map(|_| begin().unwrap()).collect();
        assert!(begin().is_err());
        drop(calls);
        assert!(begin().is_ok());
    }
}
