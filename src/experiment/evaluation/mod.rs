//! What `flagpole_analysis` does not know when it evaluates trials: the conditions, the baseline, thresholds.

pub(crate) mod baseline;
pub(crate) mod evaluate_cell;
pub(crate) mod exit_reasons;
