//! What only a trial of a program has.

use crate::program::{ProgramExit, ProgramRequests};
use std::time::Duration;

/// What only a trial of a program has.
#[derive(Clone, Debug)]
pub struct ProgramTrial {
    /// The command as it was written.
    pub command: String,
    /// The concurrency that `{concurrency}` in its command asks for; `None` without it.
    pub asked_concurrency: Option<usize>,
    /// From the start of the process to its end.
    pub process: Duration,
    /// How it ended.
    pub exit: ProgramExit,
    /// The last lines of its standard error, in one line without control characters.
    pub stderr: String,
    /// What it requested; without its records, which are those of the trial.
    pub requests: ProgramRequests,
}
