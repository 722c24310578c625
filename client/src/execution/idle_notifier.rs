//! Wakes event loops that have nothing to do when there may be something.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use tokio::sync::Notify;

/// A bell for each event loop of a run.
#[derive(Clone, Debug)]
pub(crate) struct IdleNotifier(Arc<[Bell]>);

#[derive(Debug, Default)]
struct Bell {
    notify: Notify,
    /// Whether its loop waits although it has lanes free.
    is_waiting: AtomicBool,
}

impl Bell {
    fn ring(&self) {
        if self.is_waiting.load(SeqCst) {
            self.notify.notify_one();
        }
    }
}

impl IdleNotifier {
    /// For so many loops, which are spoken of by their places.
    pub(crate) fn new(loops: usize) -> IdleNotifier {
        IdleNotifier((0..loops).map(|_| Bell::default()).collect())
    }

    /// Says whether a loop is about to wait with lanes free; to be said before it looks for something to do:
    /// what comes up after the look finds it waiting.
    pub(crate) fn waits(&self, place: usize, waits: bool) {
        self.0[place].is_waiting.store(waits, SeqCst);
    }

    /// Ends when the bell of this loop is rung, or has been since it was last heard.
    pub(crate) async fn rung(&self, place: usize) {
        self.0[place].notify.notified().await;
    }

    /// There may be something to do, for whoever has lanes free.
    pub(crate) fn ring(&self) {
        self.0.iter().for_each(Bell::ring);
    }

    /// The same, said by the loop of this place, which has looked for itself.
    pub(crate) fn ring_others(&self, place: usize) {
        let others = self.0.iter().enumerate().filter(|(at, _)| *at != place);
        others.for_each(|(_, bell)| bell.ring());
    }

    /// There may be something to do for this loop, which has a lane free now.
    pub(crate) fn ring_at(&self, place: usize) {
        self.0[place].notify.notify_one();
    }
}
