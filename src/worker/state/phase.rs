//! The states of a worker.

use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum WorkerPhase {
    /// Without a connection, and without a run.
    Connecting,
    /// Has sent `client_ready`, which is not answered yet.
    Registering,
    /// The master knows this worker, which has no run.
    Ready,
    /// Until `applying` the numbers of users may take to become those of the last `spawn`.
    Running {
        applying: Option<Duration>,
    },
    /// Waits for the run to end, at the latest at the deadline. The connection may be lost.
    Stopping {
        then: AfterRun,
        deadline: Duration,
    },
    /// Waits for the proof that the last report has arrived.
    Confirming {
        then: AfterRun,
        deadline: Duration,
    },
    Ended,
}

/// What follows the end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterRun {
    /// Another run of the same master.
    Register,
    /// A new connection.
    Reconnect,
    /// The end of the worker.
    Leave { by_master: bool },
}
