//! The contract of a strategy.

use crate::{Concurrency, Run, RunError};
use flagpole_protocol::RunStats;

/// A way to carry out a workload.
pub trait Strategy: Sync {
    /// The name on the command line.
    fn name(&self) -> &'static str;

    /// What the strategy does and what it costs, in one line.
    fn about(&self) -> &'static str;

    /// The concurrency of a run that does not set a concurrency. Unless a strategy has its own, that of the article's
    /// program with threads.
    fn default_concurrency(&self) -> Concurrency {
        Concurrency::literal(30)
    }

    /// Whether the strategy ever has more than one download in flight.
    fn is_concurrent(&self) -> bool {
        true
    }

    /// The actual concurrency of a run with the concurrency `requested`.
    fn concurrency(&self, requested: Concurrency) -> Concurrency {
        if self.is_concurrent() {
            requested
        } else {
            Concurrency::ONE
        }
    }

    /// Makes all downloads of the workload, or stops when the run is cancelled.
    ///
    /// # Errors
    /// If threads or runtimes cannot be started, or the name of the run cannot be sent. A failed download is
    /// not an error of the run.
    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError>;
}
