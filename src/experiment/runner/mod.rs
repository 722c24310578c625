//! Runs the trials of an experiment. A trial is one run of one strategy in one round, in a process of its own.

pub(crate) mod abort_reason;
pub(crate) mod cell_trials;
pub(crate) mod conditions;
pub(crate) mod connect_failure;
pub(crate) mod environment;
pub(crate) mod estimate;
pub(crate) mod overhead;
pub(crate) mod progress;
pub(crate) mod round;
pub(crate) mod run_cell;
pub(crate) mod shuffle;
