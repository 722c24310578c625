//! What happens to a worker.

use crate::worker::messages::MasterMessage;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    Connected,
    /// `is_final`: the port is not that of a Locust master, so that another attempt is useless.
    ConnectFailed {
        cause: String,
        is_final: bool,
    },
    Disconnected {
        cause: String,
    },
    Message(MasterMessage),
    /// A frame that is no message; why.
    Malformed(String),
    /// The load could not start, or could not change its numbers of users.
    LoadFailed(String),
    /// The users that the last `spawn` demanded run.
    UsersReached,
    /// The run has ended.
    LoadStopped,
    /// The first signal.
    Interrupted,
    /// Time has passed.
    Tick,
}

/// What a decision depends on beside the state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Situation {
    /// Since the start of the worker.
    pub(crate) now: Duration,
    /// Whether the master has all reports for certain.
    pub(crate) is_proven: bool,
}
