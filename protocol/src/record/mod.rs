//! What is known of an attempt and of a run.

pub(crate) mod attempt_record;
pub(crate) mod latencies;
pub(crate) mod measured_run;
pub(crate) mod outcome;
pub(crate) mod run_stats;
pub(crate) mod timeout_kind;
