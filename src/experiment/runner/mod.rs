//! Runs the trials of an experiment.

pub(crate) mod abort_reason;
pub(crate) mod cell;
pub(crate) mod cell_run;
pub(crate) mod conditions;
pub(crate) mod connect_failure;
pub(crate) mod environment;
pub(crate) mod estimate;
pub(crate) mod overhead;
pub(crate) mod progress;
pub(crate) mod round;
pub(crate) mod shuffle;
