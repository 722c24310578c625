//! The interface of limits that decide the concurrency during a run.

use flagpole_protocol::Outcome;
use std::fmt::Debug;
use std::time::Duration;

/// A concurrency limit that follows from the results of a run, as in the strategy `adaptive`. There is no clock: times are
/// arguments, counted from the start of the run.
pub trait ConcurrencyLimit: Debug + Send {
    /// How many attempts may be in flight; 0 counts as 1. Those in flight above a lower limit end as usual.
    fn get(&self) -> usize;

    /// Updates the limit by the outcome of an attempt whose request was sent at `sent` and that ended at `done`.
    fn on_result(&mut self, outcome: &Outcome, sent: Duration, done: Duration);
}
