//! Event loops with a task for each concurrency slot in use.

pub(crate) mod attempt_loop;
mod idle_connections;
mod poll_on_wake;
pub(crate) mod run;
mod task;
