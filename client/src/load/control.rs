//! Controls a load run from other threads.

use crate::execution::event_loop::attempt_loop::AttemptLoop;
use crate::execution::event_loop::steering::Steering;
use crate::transport::RunClock;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Pauses and ends a load run, and says how far it is. Clones control the same run.
#[derive(Clone)]
pub struct LoadControl {
    steering: Arc<watch::Sender<Steering>>,
    pub(super) cancel: CancellationToken,
    started: Arc<OnceLock<StartedRun>>,
}

struct StartedRun {
    clock: RunClock,
    loops: Vec<Arc<AttemptLoop>>,
}

impl Default for LoadControl {
    fn default() -> LoadControl {
        LoadControl::new()
    }
}

impl LoadControl {
    /// For one run.
    pub fn new() -> LoadControl {
        LoadControl {
            steering: Arc::new(watch::Sender::default()),
            cancel: CancellationToken::new(),
            started: Arc::default(),
        }
    }

    /// No further requests arrive. The run ends when those that have arrived have ended, at the latest after the grace period.
    pub fn stop(&self) {
        self.steering
            .send_modify(|steering| steering.is_stopped = true);
    }

    /// Ends the run at once: requests in flight are cancelled.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Begins or ends a pause, in which no requests arrive. The schedule continues after the pause where it stopped.
    pub fn set_paused(&self, is_paused: bool) {
        self.steering
            .send_modify(|steering| steering.is_paused = is_paused);
    }

    /// Whether there is a pause.
    pub fn is_paused(&self) -> bool {
        self.steering.borrow().is_paused
    }

    /// The time since the start of the run, from which the times of its records count; `None` before the start.
    pub fn elapsed(&self) -> Option<Duration> {
        Some(self.started.get()?.clock.now())
    }

    /// The number of attempts in flight now.
    pub fn in_flight(&self) -> usize {
        let started = self.started.get();
        let loops = started.iter().flat_map(|run| &run.loops);
        loops.map(|each| each.in_flight.load(Relaxed)).sum()
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Steering> {
        let mut steering = self.steering.subscribe();
        // What was wanted before the run started counts too.
        steering.mark_changed();
        steering
    }

    pub(super) fn set_started(&self, clock: RunClock, loops: Vec<Arc<AttemptLoop>>) {
        // A control is for one run; the first one counts.
        let _ = self.started.set(StartedRun { clock, loops });
    }
}
