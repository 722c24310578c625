//! What a worker does.

use crate::exit_status::ExitStatus;
use crate::worker::messages::{ReportedState, SpawnJob};
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    /// Makes one attempt to connect, with a new identity.
    Connect,
    /// Closes the connection after what was sent.
    Close,
    Send(Outgoing),
    /// Begins a run without users.
    Start(Box<SpawnJob>),
    SetUsers(BTreeMap<String, u64>),
    BeginStop(Duration),
    /// Drops what was measured and not reported, but for the log.
    ResetStats,
    /// Says what may be missing at the master, and where it is.
    ReportLoss,
    /// Shows the user a line about what happens.
    Note(String),
    /// Warns the user.
    Warn(String),
    Exit(WorkerExit),
}

/// A message, without the data that the session has.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outgoing {
    Ready,
    Spawning,
    SpawningComplete,
    Stats,
    Heartbeat(ReportedState),
    Stopped,
    Quit,
    Exception(String),
}

/// How the worker ends; the error is one line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WorkerExit {
    pub(crate) status: ExitStatus,
    pub(crate) error: Option<String>,
}
