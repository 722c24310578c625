//! Wakes event loops that have free slots when there may be an attempt to make.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use tokio::sync::Notify;

/// A notification for each event loop of a run.
#[derive(Clone, Debug)]
pub(crate) struct IdleNotifier(Arc<[IdleSlot]>);

#[derive(Debug, Default)]
struct IdleSlot {
    notify: Notify,
    /// The loop waits although it has free concurrency slots.
    is_idle: AtomicBool,
}

impl IdleSlot {
    fn notify_if_idle(&self) {
        if self.is_idle.load(SeqCst) {
            self.notify.notify_one();
        }
    }
}

impl IdleNotifier {
    /// For this number of loops, which are addressed by index.
    pub(crate) fn new(loops: usize) -> IdleNotifier {
        IdleNotifier((0..loops).map(|_| IdleSlot::default()).collect())
    }

    /// Marks a loop as idle or not. A loop calls this before it takes the next action from the scheduler, so that
    /// an attempt that becomes ready afterwards wakes the loop.
    pub(crate) fn set_idle(&self, index: usize, is_idle: bool) {
        self.0[index].is_idle.store(is_idle, SeqCst);
    }

    /// Waits for a notification of this loop; an earlier notification counts once.
    pub(crate) async fn notified(&self, index: usize) {
        self.0[index].notify.notified().await;
    }

    /// Wakes all idle loops, because an attempt may be ready.
    pub(crate) fn notify_all_idle(&self) {
        self.0.iter().for_each(IdleSlot::notify_if_idle);
    }

    /// Wakes all idle loops except the caller's, which takes its next action anyway.
    pub(crate) fn notify_other_idle(&self, index: usize) {
        let others = self.0.iter().enumerate().filter(|(at, _)| *at != index);
        others.for_each(|(_, slot)| slot.notify_if_idle());
    }

    /// Wakes this loop, idle or not, because one of its concurrency slots has become free.
    pub(crate) fn notify_loop(&self, index: usize) {
        self.0[index].notify.notify_one();
    }
}
