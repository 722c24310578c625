//! How attempts are carried out, whatever the strategy.
//!
//! `attempt` has the one sequence of steps. Strategies bring a driver, which knows how to wait: a worker of
//! `blocking` blocks its thread, a task of `event_loop` yields to other tasks. All workers of a run share a
//! `run_state`.

pub(crate) mod affinity;
mod attempt;
pub(crate) mod blocking;
mod evaluate;
mod evaluated;
pub(crate) mod event_loop;
mod hedge_tokens;
pub(crate) mod run_state;
mod storage_job;
#[cfg(test)]
mod tests;
