//! The run that signals end: a search makes several runs, one after the other.

use super::run_control::RunControl;
use flagpole_analysis::load::StopReason;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The run that goes on, if there is one; clones refer to the same run.
#[derive(Clone, Default)]
pub(crate) struct CurrentRun(Arc<Mutex<SignalState>>);

#[derive(Default)]
struct SignalState {
    control: Option<RunControl>,
    is_interrupted: bool,
}

impl CurrentRun {
    /// A run begins; it ends at once if there was a signal before.
    pub(crate) fn begin(&self, control: RunControl) {
        let mut state = self.lock();
        if state.is_interrupted {
            control.stop(StopReason::Interrupted);
        }
        state.control = Some(control);
    }

    /// The first signal: ends the arrivals.
    pub(crate) fn interrupt(&self) {
        let mut state = self.lock();
        state.is_interrupted = true;
        if let Some(control) = &state.control {
            control.stop(StopReason::Interrupted);
        }
    }

    /// The second signal: ends the run at once.
    pub(crate) fn cancel(&self) {
        if let Some(control) = &self.lock().control {
            control.cancel();
        }
    }

    /// Whether there was a signal.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.lock().is_interrupted
    }

    fn lock(&self) -> MutexGuard<'_, SignalState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
