//! Carries out attempts, in the same steps for every strategy.
//!
//! `attempt` is the sequence of steps: `evaluation` turns a response into an outcome and a record, `storage_job` changes
//! files. A strategy supplies a driver, which does the waiting: a `worker` blocks its thread, a task of `event_loop`
//! yields to other tasks. All workers of a run share a `run_state`. A `session` gives the same steps to strategies of
//! other crates.

mod attempt;
pub(crate) mod blocking_scheduler;
mod evaluation;
pub(crate) mod event_loop;
pub(crate) mod run_state;
pub(crate) mod session;
mod storage_job;
#[cfg(test)]
mod tests;
pub(crate) mod worker;
