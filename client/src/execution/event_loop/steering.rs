//! How a load run is steered while it runs.

use super::poll_on_wake::PollOnWake;
use crate::UserChange;
use crate::lock::lock;
use std::future::pending;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// What the user of a run wants now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Steering {
    /// No requests are taken from the source for a while.
    pub(crate) is_paused: bool,
    /// No further requests arrive.
    pub(crate) is_stopped: bool,
    /// No request starts any more, not even one that has arrived, and those in flight are cancelled at this time of the run.
    pub(crate) closes_at: Option<Duration>,
    /// How often the number of users has changed.
    pub(crate) user_changes: usize,
}

/// All changes of the number of users of a run, in their order; clones share them. A loop that has to wait for its processor
/// misses none.
#[derive(Clone, Debug, Default)]
pub(crate) struct UserChanges(Arc<Mutex<Vec<UserChange>>>);

impl UserChanges {
    /// Adds a change at `at`, or at the time of the previous change if that is later. Gives the change, and how many there are.
    pub(crate) fn add(&self, at: Duration, users: u64) -> (UserChange, usize) {
        let mut changes = lock(&self.0);
        let at = changes.last().map_or(at, |last| last.at.max(at));
        let change = UserChange { at, users };
        changes.push(change);
        (change, changes.len())
    }

    /// The changes after the first `known` ones.
    pub(crate) fn after(&self, known: usize) -> Vec<UserChange> {
        lock(&self.0)[known..].to_vec()
    }
}

/// When a loop ends by itself, and how it is steered.
#[derive(Debug)]
pub(crate) struct LoopLimits {
    pub(crate) steering: watch::Receiver<Steering>,
    pub(crate) user_changes: UserChanges,
    /// When the last request arrives, without pauses; `None` if only their number is limited.
    pub(crate) duration: Option<Duration>,
    /// How long requests may take after the last arrival.
    pub(crate) grace: Duration,
    /// Whether tokio's timer wakes the loop instead of the most precise one of the system.
    pub(crate) uses_tokio_timer: bool,
}

impl LoopLimits {
    /// When requests in flight are cancelled, without pauses.
    pub(super) fn end(&self) -> Option<Duration> {
        Some(self.duration?.saturating_add(self.grace))
    }
}

/// The changes of what the user of a run wants.
pub(super) struct SteeringChanges {
    /// The next change, and what waits for the one after it; none without limits.
    next: Option<PollOnWake<NextChange>>,
}

type NextChange = Pin<Box<dyn Future<Output = watch::Receiver<Steering>>>>;

impl SteeringChanges {
    pub(super) fn new(limits: Option<&LoopLimits>) -> SteeringChanges {
        SteeringChanges {
            next: limits.map(|limits| next_change(limits.steering.clone())),
        }
    }

    /// Waits for a change; never ends if nothing steers the run.
    pub(super) async fn next(&mut self) -> Steering {
        match &mut self.next {
            None => pending().await,
            Some(next) => {
                let mut receiver = next.await;
                let steering = *receiver.borrow_and_update();
                self.next = Some(next_change(receiver));
                steering
            }
        }
    }
}

fn next_change(mut receiver: watch::Receiver<Steering>) -> PollOnWake<NextChange> {
    PollOnWake::new(Box::pin(async move {
        // Fails if the control of the run was dropped.
        if receiver.changed().await.is_err() {
            pending::<()>().await;
        }
        receiver
    }))
}
