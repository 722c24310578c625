//! Records of attempts and statistics of runs.

pub(crate) mod attempt_record;
pub(crate) mod latency_stats;
pub(crate) mod load_stats;
pub(crate) mod log_histogram;
pub(crate) mod outcome;
pub(crate) mod run_stats;
