//! Where the records of an event loop go.

use crate::RecordSink;
use flagpole_protocol::{AttemptRecord, RunStats};

/// Where the records of an event loop go.
pub(crate) enum LoopSink {
    /// The statistics of a strategy.
    Stats(Box<RunStats>),
    /// The sink of a load run.
    Records(Box<dyn RecordSink>),
}

impl LoopSink {
    pub(super) fn record(&mut self, record: &AttemptRecord) {
        match self {
            LoopSink::Stats(stats) => stats.record(record),
            LoopSink::Records(sink) => sink.record(record),
        }
    }

    /// The statistics of a strategy, which begin again.
    pub(super) fn take_stats(&mut self) -> RunStats {
        match self {
            LoopSink::Stats(stats) => std::mem::take(stats),
            LoopSink::Records(_) => RunStats::default(),
        }
    }
}

impl Default for LoopSink {
    fn default() -> LoopSink {
        LoopSink::Stats(Box::default())
    }
}
