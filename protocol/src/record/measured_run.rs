//! One run of a strategy, measured.

use super::attempt_record::AttemptRecord;
use super::run_stats::RunStats;
use std::time::Duration;

/// The result of a measured run.
#[derive(Clone, Debug)]
pub struct MeasuredRun {
    /// The strategy's name.
    pub strategy: &'static str,
    /// The maximum number of requests in flight.
    pub concurrency: usize,
    /// From the start of the strategy to its end, with threads, runtimes and connections.
    pub wall: Duration,
    /// The time limit of an attempt.
    pub timeout: Option<Duration>,
    /// The statistics of all attempts.
    pub stats: RunStats,
    /// Every attempt, in the order of completion. Memory grows with the workload: suitable for a few thousand
    /// downloads, not for hours of load.
    pub records: Vec<AttemptRecord>,
}
