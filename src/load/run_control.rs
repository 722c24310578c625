//! Pauses and ends a run: for a signal, a key, a condition, or because the server is gone.

use super::collector::Collector;
use super::live_view::snapshot::Phase;
use flagpole_analysis::load::StopReason;
use flagpole_client::load::LoadControl;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Controls one run; clones control the same run.
#[derive(Clone)]
pub(crate) struct RunControl {
    engine: LoadControl,
    collector: Arc<Collector>,
    state: Arc<Mutex<SteeringState>>,
}

#[derive(Default)]
struct SteeringState {
    stop: Option<StopReason>,
    /// The length of the pauses that are over.
    paused: Duration,
    /// The start of the current pause, on the run's clock.
    pause_start: Option<Duration>,
}

impl RunControl {
    pub(crate) fn new(engine: LoadControl, collector: Arc<Collector>) -> RunControl {
        RunControl {
            engine,
            collector,
            state: Arc::default(),
        }
    }

    /// Ends the arrivals, for this reason unless there is an earlier one.
    pub(crate) fn stop(&self, reason: StopReason) {
        {
            let mut state = self.lock();
            state.stop.get_or_insert(reason);
        }
        self.collector.end_window(self.elapsed());
        self.engine.stop();
    }

    /// The schedule ends at this time, pauses not included.
    pub(crate) fn end_schedule(&self, at: Duration) {
        // Pauses that are not over extend the window when they are.
        let state = self.lock();
        self.collector.end_window(at + state.paused);
    }

    /// Ends the run at once.
    pub(crate) fn cancel(&self) {
        self.engine.cancel();
    }

    /// Begins a pause, or ends it.
    pub(crate) fn toggle_pause(&self) {
        let now = self.elapsed();
        let mut state = self.lock();
        if let Some(start) = state.pause_start.take() {
            let pause = now.saturating_sub(start);
            state.paused += pause;
            self.collector.extend_window(pause);
            self.engine.set_paused(false);
        } else if state.stop.is_none() {
            state.pause_start = Some(now);
            self.engine.set_paused(true);
        }
    }

    /// Why the run was ended; the default unless it was.
    pub(crate) fn stop_reason(&self) -> StopReason {
        self.lock().stop.clone().unwrap_or_default()
    }

    /// The time since the start on the run's clock; 0 before the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.engine.elapsed().unwrap_or_default()
    }

    /// The time until then in which requests could start.
    pub(crate) fn without_pauses(&self, elapsed: Duration) -> Duration {
        let state = self.lock();
        let current = state.pause_start.map(|start| elapsed.saturating_sub(start));
        elapsed.saturating_sub(state.paused + current.unwrap_or_default())
    }

    pub(crate) fn in_flight(&self) -> u64 {
        self.engine.in_flight() as u64
    }

    /// What the run does at this time. `end` is when the last request starts.
    pub(crate) fn phase(
        &self,
        elapsed: Duration,
        warm_up: Duration,
        end: Option<Duration>,
    ) -> Phase {
        let is_over = end.is_some_and(|end| self.without_pauses(elapsed) >= end);
        let state = self.lock();
        match () {
            () if state.stop.is_some() || is_over => Phase::Ending,
            () if state.pause_start.is_some() => Phase::Paused,
            () if elapsed < warm_up => Phase::WarmUp,
            () => Phase::Running,
        }
    }

    fn lock(&self) -> MutexGuard<'_, SteeringState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
