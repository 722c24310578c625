//! The contract of a strategy.

use crate::{Concurrency, Run, RunError, TransportKind};
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

    /// The transports that the strategy can use. Unless a strategy has its own list, only flagpole's codec.
    fn transports(&self) -> &'static [TransportKind] {
        &[TransportKind::BuiltIn]
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
    /// If threads or runtimes cannot be started, the name of the run cannot be sent, or the strategy cannot use the
    /// transport of the run. A failed download is not an error of the run.
    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError>;
}

/// Checks that the strategy can use the transport of the run.
pub(super) fn check_transport(strategy: &dyn Strategy, run: &Run<'_>) -> Result<(), RunError> {
    if strategy.transports().contains(&run.transport) {
        return Ok(());
    }
    Err(RunError::Transport {
        strategy: strategy.name(),
        transport: run.transport,
    })
}
