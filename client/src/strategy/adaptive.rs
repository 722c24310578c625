//! `adaptive`: one event loop that adjusts its concurrency to the measured latency and to rejections by the
//! server. It needs a few round trips to reach full speed.

use super::strategy_trait::Strategy;
use crate::execution::event_loop::runtime::{block_on_run, current_thread};
use crate::policy::adaptive_limit::AdaptiveLimit;
use crate::run::{Run, RunError};
use crate::workload::concurrency::Concurrency;
use flagpole_protocol::{AttemptRecord, RunStats};

/// The strategy `adaptive`.
#[derive(Debug)]
pub struct Adaptive;

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

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        let mut limit = AdaptiveLimit::new(run.concurrency.get());
        let initial = limit.get();
        let mut observer = |record: &AttemptRecord| {
            limit.on_sample(&record.outcome, record.sent, record.done);
            Some(limit.get())
        };
        block_on_run(&current_thread()?, run, initial, Some(&mut observer))
    }
}
