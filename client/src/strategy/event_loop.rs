//! `async`: one event loop on one thread, with a task for each concurrency slot in use. A connection costs the memory of
//! a task and no context switch, but the strategy uses at most one core.

use super::strategy_trait::Strategy;
use crate::{
    Concurrency, Run, RunError, TransportKind, execution::event_loop::run::run_on_runtime,
};
use flagpole_protocol::RunStats;
use tokio::runtime::Builder;

/// The strategy `async`.
pub(super) struct EventLoopStrategy;

impl Strategy for EventLoopStrategy {
    fn name(&self) -> &'static str {
        "async"
    }

    fn about(&self) -> &'static str {
        "one event loop on one thread, one task per download in flight; uses one core"
    }

    /// The concurrency of the article's asynchronous program.
    fn default_concurrency(&self) -> Concurrency {
        Concurrency::literal(5)
    }

    fn transports(&self) -> &'static [TransportKind] {
        TransportKind::ALL
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        run_on_runtime(&mut Builder::new_current_thread(), run, None)
    }
}
