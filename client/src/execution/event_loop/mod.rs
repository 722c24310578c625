//! Event loops with a task for each concurrency slot in use.

pub(crate) mod affinity;
pub(crate) mod attempt_loop;
mod idle_connections;
pub(crate) mod loop_sink;
mod loop_timer;
mod poll_on_wake;
pub(crate) mod run;
pub(crate) mod steering;
mod task;
