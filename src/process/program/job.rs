//! The job and the result of a trial of a program.

use flagpole_analysis::comparison::ResourceUsage;
use flagpole_analysis::program::ProgramExit;
use flagpole_analysis::validity::LostTime;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The program that a trial runs.
#[derive(Serialize, Deserialize)]
pub(crate) struct ProgramJob {
    /// The program and its arguments; at least one word.
    pub(crate) words: Vec<String>,
    /// Environment variables beside those of this process.
    pub(crate) environment: Vec<(String, String)>,
    /// After this time the program is ended.
    pub(crate) timeout: Duration,
}

/// What a trial process knows of a program that has ended, with everything that it had started.
#[derive(Serialize, Deserialize)]
pub(crate) struct ProgramRun {
    /// From the start of the program to its end.
    pub(crate) process: Duration,
    /// When it ended, since the Unix epoch.
    pub(crate) ended_at: Duration,
    /// `None` if the trial was cancelled.
    pub(crate) exit: Option<ProgramExit>,
    /// The last lines of its standard error, in one line.
    pub(crate) stderr: String,
    /// Of all its processes.
    pub(crate) resource_usage: ResourceUsage,
    pub(crate) lost: LostTime,
}
