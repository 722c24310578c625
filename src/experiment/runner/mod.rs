//! Runs the trials of an experiment. A trial is one run of one strategy in one round, in a process of its own.

pub(crate) mod cell;
pub(crate) mod conditions;
pub(crate) mod environment;
pub(crate) mod failure;
mod journal_check;
pub(crate) mod live_comparison;
pub(crate) mod overhead;
pub(crate) mod plan_predictor;
mod program_trial;
pub(crate) mod progress;

pub(crate) mod record_log;
