//! Experiments: a grid of conditions, its trials, and what they come to.

pub(crate) mod analyze;
pub(crate) mod baseline;
pub(crate) mod builtin;
pub(crate) mod cell;
pub(crate) mod colour;
pub(crate) mod connect_failures;
pub(crate) mod contender;
pub(crate) mod environment;
pub(crate) mod estimate;
pub(crate) mod files;
pub(crate) mod grid;
pub(crate) mod latency_list;
pub(crate) mod overhead;
pub(crate) mod plan_predictor;
pub(crate) mod progress;
pub(crate) mod shuffle;
pub(crate) mod spec;
pub(crate) mod thresholds;
pub(crate) mod validity;
