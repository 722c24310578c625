//! What `flagpole_analysis` does not know when it evaluates trials: the server's plan, the baseline, thresholds.

pub(crate) mod baseline;
pub(crate) mod evaluate_cell;
pub(crate) mod exit_reasons;
pub(crate) mod plan_predictor;
