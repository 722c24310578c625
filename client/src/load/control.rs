//! Controls a load run from other threads.

use crate::UserChange;
use crate::execution::event_loop::attempt_loop::AttemptLoop;
use crate::execution::event_loop::steering::{Steering, UserChanges};
use crate::transport::RunClock;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Changes of the number of users take effect this much later, so that all event loops hear of them before.
const USER_CHANGE_DELAY: Duration = Duration::from_millis(5);

/// Pauses and ends a load run, changes its number of users, and says how far it is. Clones control the same run.
#[derive(Clone)]
pub struct LoadControl {
    steering: Arc<watch::Sender<Steering>>,
    pub(super) user_changes: UserChanges,
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
            user_changes: UserChanges::default(),
            cancel: CancellationToken::new(),
            started: Arc::default(),
        }
    }

    /// No further requests arrive. The run ends when those that have arrived have ended, at the latest after the grace period.
    pub fn stop(&self) {
        self.steering
            .send_modify(|steering| steering.is_stopped = true);
    }

    /// Starts no further requests, not even those that have arrived, and cancels those in flight when `grace` has passed. A later
    /// call can only shorten the time.
    pub fn stop_within(&self, grace: Duration) {
        let closes_at = self.elapsed().unwrap_or_default().saturating_add(grace);
        self.steering.send_modify(|steering| {
            let earlier = steering.closes_at.unwrap_or(Duration::MAX);
            steering.closes_at = Some(earlier.min(closes_at));
        });
    }

    /// From a few milliseconds on, or from the start of the run, the run has this number of users, if its sources are those of
    /// changing users: [`ClosedSource::with_changing_users`](crate::ClosedSource::with_changing_users) or
    /// [`OpenSource::with_changing_users`](crate::OpenSource::with_changing_users). Gives when the change takes effect, in whole
    /// microseconds.
    pub fn set_users(&self, users: u64) -> UserChange {
        let elapsed = self.elapsed();
        let at = elapsed.map_or(Duration::ZERO, |elapsed| elapsed + USER_CHANGE_DELAY);
        let micros = u64::try_from(at.as_micros()).unwrap_or(u64::MAX);
        let (change, count) = self.user_changes.add(Duration::from_micros(micros), users);
        self.steering
            .send_modify(|steering| steering.user_changes = steering.user_changes.max(count));
        change
    }

    /// The number of users that are there, and of those that were taken away and have a request in flight; 0 unless the sources
    /// are those of changing users.
    pub fn running_users(&self) -> u64 {
        let loops = self.started.get().map_or(&[][..], |run| &run.loops);
        let of_loop = |(index, each): (usize, &Arc<AttemptLoop>)| {
            // Loops may share a scheduler.
            let is_first = index == 0 || !Arc::ptr_eq(&each.run_state, &loops[index - 1].run_state);
            if is_first {
                each.run_state.scheduler().running_users()
            } else {
                0
            }
        };
        loops.iter().enumerate().map(of_loop).sum()
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
