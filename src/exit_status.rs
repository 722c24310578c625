//! The exit status of a command.

use std::process::ExitCode;

/// The exit codes of every subcommand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum ExitStatus {
    Success = 0,
    /// Something failed, or a threshold was crossed.
    Failed = 1,
    CouldNotStart = 2,
    InvalidMeasurement = 3,
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
        ExitCode::from(status as u8)
    }
}
