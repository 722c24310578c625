//! Evaluates trials: figures, validity, baseline and thresholds.

pub(crate) mod analyze;
pub(crate) mod baseline;
pub(crate) mod connect_failures;
pub(crate) mod plan_predictor;
pub(crate) mod thresholds;
pub(crate) mod validity;
