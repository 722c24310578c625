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
    /// How long the strategy took: threads, runtimes and connections included.
    pub wall: Duration,
    /// The timeout of a whole exchange; `None` without one.
    pub whole: Option<Duration>,
    /// All attempts, added up.
    pub tally: RunStats,
    /// Every attempt, in the order of completion. Memory grows with the plan: for runs of a few
    /// thousand downloads, not for hours of load.
    pub records: Vec<AttemptRecord>,
}
