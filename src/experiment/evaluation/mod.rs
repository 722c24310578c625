//! Evaluates the trials of a comparison: results, validity, baseline and thresholds.

pub(crate) mod baseline;
pub(crate) mod evaluate_cell;
pub(crate) mod exit_reasons;
pub(crate) mod plan_predictor;
pub(crate) mod ratios;
pub(crate) mod validity;
