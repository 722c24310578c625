//! `async-multi`: tasks on tokio's work-stealing runtime, which has one thread per core. It uses all cores, but
//! tasks and their wake-ups move between threads.

use super::strategy_trait::Strategy;
use crate::{Run, RunError, TransportKind, execution::event_loop::run::run_on_runtime};
use flagpole_protocol::RunStats;
use tokio::runtime::Builder;

/// The strategy `async-multi`.
pub(super) struct AsyncMulti;

impl Strategy for AsyncMulti {
    fn name(&self) -> &'static str {
        "async-multi"
    }

    fn about(&self) -> &'static str {
        "tasks on a work-stealing runtime, one thread per core; costs moving tasks between threads"
    }

    fn transports(&self) -> &'static [TransportKind] {
        TransportKind::ALL
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        run_on_runtime(&mut Builder::new_multi_thread(), run, None)
    }
}
