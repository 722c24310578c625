//! Attempts that did not reach the server.

use crate::experiment::runner::abort_reason::AbortReason;
use crate::process::system_limits;
use flagpole_analysis::comparison::Trial;
use flagpole_analysis::validity::SystemResource;
use flagpole_protocol::{AttemptRecord, Outcome};

/// Why an attempt did not reach the server.
pub(crate) struct ConnectFailure {
    pub(crate) message: String,
    /// The system resource that ran out, if that was the cause.
    pub(crate) exhausted: Option<SystemResource>,
}

impl ConnectFailure {
    /// `None` if the attempt reached the server, or ended by a connect timeout: the user asked for the timeout.
    pub(crate) fn for_attempt(record: &AttemptRecord) -> Option<ConnectFailure> {
        let exhausted = match record.outcome {
            Outcome::ConnectionRefused => None,
            Outcome::ConnectFailed { cause, .. } => system_limits::resource(cause),
            _ => return None,
        };
        Some(ConnectFailure {
            message: record.outcome.to_string(),
            exhausted,
        })
    }
}

/// The reason to abort a round after a trial in which no attempt reached the server.
pub(crate) fn abort_reason(trial: &Trial) -> Option<AbortReason> {
    let records = &trial.measured.records;
    let first = records.first().and_then(ConnectFailure::for_attempt)?;
    let mut failures = records.iter().map(ConnectFailure::for_attempt);
    failures
        .all(|failure| failure.is_some())
        .then(|| AbortReason {
            message: format!("no attempt reached the server: {}", first.message),
            exhausted: first.exhausted,
        })
}
