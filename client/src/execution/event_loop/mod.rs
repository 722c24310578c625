//! Event loops with a task for each concurrency slot in use.

pub(crate) mod attempt_loop;
mod idle_notifier;
mod poll_on_wake;
pub(crate) mod run;
pub(crate) mod runtime;
mod task;
