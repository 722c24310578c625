//! How a load run is steered while it runs.

use std::time::Duration;
use tokio::sync::watch;

/// What the user of a run wants now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Steering {
    /// No requests are taken from the source for a while.
    pub(crate) is_paused: bool,
    /// No further requests arrive.
    pub(crate) is_stopped: bool,
}

/// When a loop ends by itself, and how it is steered.
#[derive(Debug)]
pub(crate) struct LoopLimits {
    pub(crate) steering: watch::Receiver<Steering>,
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

    /// Waits for a change; never ends if nothing steers the run any more.
    pub(super) async fn changed(&mut self) -> Steering {
        match self.steering.changed().await {
            Ok(()) => *self.steering.borrow_and_update(),
            Err(_) => std::future::pending().await,
        }
    }
}
