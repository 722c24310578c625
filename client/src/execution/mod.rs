//! Carries out attempts, in the same steps for every strategy.
//!
//! `attempt` is the sequence of steps: `evaluate_response` turns a response into an outcome, `storage_job` changes
//! files, `finish_attempt` completes the record. A strategy supplies a driver, which does the waiting: a worker of
//! `blocking` blocks its thread, a task of `event_loop` yields to other tasks. All workers of a run share a
//! `run_state`.

pub(crate) mod affinity;
mod attempt;
pub(crate) mod blocking;
mod evaluate_response;
pub(crate) mod event_loop;
mod finish_attempt;
mod hedge_tokens;
pub(crate) mod run_state;
mod storage_job;
#[cfg(test)]
mod tests;
