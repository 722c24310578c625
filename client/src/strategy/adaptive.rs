//! `adaptive`: one event loop that adjusts its concurrency to the measured latency and to rejections by the
//! server. It needs a few round trips to reach full speed.

use super::strategy_trait::Strategy;
use crate::{Concurrency, Run, RunError, TransportKind};
use crate::{execution::event_loop::run::run_on_runtime, policy::AdaptiveLimit};
use flagpole_protocol::RunStats;
use tokio::runtime::Builder;

/// The strategy `adaptive`.
pub(super) struct Adaptive;

impl Strategy for Adaptive {
    fn name(&self) -> &'static str {
        "adaptive"
    }

    fn about(&self) -> &'static str {
        "one event loop that adjusts its concurrency to the measured latency, up to --concurrency"
    }

    /// The upper limit of the adaptation: more than most servers of flags can use, and too low to flood a server.
    fn default_concurrency(&self) -> Concurrency {
        Concurrency::literal(100)
    }

    fn transports(&self) -> &'static [TransportKind] {
        TransportKind::ALL
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        let limit = AdaptiveLimit::new(run.concurrency.get());
        run_on_runtime(&mut Builder::new_current_thread(), run, Some(limit))
    }
}
