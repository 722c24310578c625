//! Why a cell was aborted.

use crate::process::system_limits;
use crate::process::trial_process::TrialFailed;
use anyhow::Error;
use flagpole_analysis::validity::SystemResource;

/// Why the rounds of a cell ended early.
pub(crate) struct AbortReason {
    pub(crate) message: String,
    /// The system resource that ran out, if that was the cause.
    pub(crate) exhausted: Option<SystemResource>,
}

impl AbortReason {
    pub(crate) fn new(message: impl Into<String>) -> AbortReason {
        AbortReason {
            message: message.into(),
            exhausted: None,
        }
    }

    pub(crate) fn interrupted() -> AbortReason {
        AbortReason::new("interrupted")
    }

    /// The reason for an error of a trial or of the server.
    pub(crate) fn from_error(error: &Error) -> AbortReason {
        // A trial process reports the cause of its failure; errors of this process are examined here.
        let trial = error.downcast_ref::<TrialFailed>();
        let cause = trial.map_or_else(|| system_limits::cause(error), |trial| trial.cause);
        AbortReason {
            message: format!("{error:#}"),
            exhausted: system_limits::resource(cause),
        }
    }
}
