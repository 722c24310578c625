//! The exit status of a command.

use std::process::ExitCode;

/// The exit codes of every subcommand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    Success,
    /// Something failed, or a threshold was crossed.
    Failed,
    CouldNotStart,
    InvalidMeasurement,
    /// A second signal stopped the command; the exit code is 128 and the number of the signal.
    Stopped(u8),
}

impl ExitStatus {
    /// `Failed` if anything failed, else `Success`.
    pub(crate) fn from_failed(has_failed: bool) -> ExitStatus {
        if has_failed {
            ExitStatus::Failed
        } else {
            ExitStatus::Success
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> ExitCode {
        ExitCode::from(match status {
            ExitStatus::Success => 0,
            ExitStatus::Failed => 1,
            ExitStatus::CouldNotStart => 2,
            ExitStatus::InvalidMeasurement => 3,
            ExitStatus::Stopped(code) => code,
        })
    }
}
