//! Records of attempts and statistics of runs.

pub(crate) mod attempt_kind;
pub(crate) mod attempt_record;
pub(crate) mod connect_failure_cause;
pub(crate) mod latency_stats;
pub(crate) mod measured_run;
pub(crate) mod outcome;
pub(crate) mod run_stats;
pub(crate) mod timeout_kind;
