//! Event loops with a task for each download in flight.

pub(crate) mod attempt_loop;
mod idle_notifier;
mod poll_on_wake;
pub(crate) mod run;
pub(crate) mod runtime;
mod task;
