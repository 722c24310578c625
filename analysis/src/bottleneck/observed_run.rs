//! A run, as the input of its bottleneck.

use crate::bound::server_limits::ServerLimits;
use flagpole_protocol::AttemptRecord;
use std::time::Duration;

/// What was observed of a run.
#[derive(Clone, Copy, Debug)]
pub struct ObservedRun<'a> {
    /// The records of all its attempts.
    pub records: &'a [AttemptRecord],
    /// Its concurrency, from 1.
    pub concurrency: usize,
    /// Its wall time.
    pub wall: Duration,
    /// The time limit of an attempt.
    pub timeout: Option<Duration>,
    /// The limits of the server.
    pub limits: ServerLimits,
    /// The CPU time of the client's process, user and system, if known.
    pub cpu: Option<Duration>,
    /// The number of cores that the strategy can use: 1 for a single thread.
    pub cores: usize,
}
