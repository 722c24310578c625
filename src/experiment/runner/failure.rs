//! Failures of trials and servers, and attempts that did not reach the server.

use crate::process::system_limits;
use crate::process::trial_process::TrialFailed;
use anyhow::Error;
use flagpole_analysis::comparison::Trial;
use flagpole_protocol::{AttemptRecord, ConnectFailureCause, Outcome};

/// Why the rounds of a cell ended early, or why an attempt did not reach the server.
pub(crate) struct Failure {
    pub(crate) message: String,
    /// Whether a system resource ran out.
    pub(crate) cause: ConnectFailureCause,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Failure {
        Failure {
            message: message.into(),
            cause: ConnectFailureCause::Other,
        }
    }

    pub(super) fn interrupted() -> Failure {
        Failure::new("interrupted")
    }

    /// The failure of a trial or of the server.
    pub(crate) fn from_error(error: &Error) -> Failure {
        // A trial process reports the cause of its failure; errors of this process are examined here.
        let trial = error.downcast_ref::<TrialFailed>();
        let cause = trial.map_or_else(|| system_limits::cause(error), |trial| trial.cause);
        Failure {
            message: format!("{error:#}"),
            cause,
        }
    }

    /// `None` if the attempt reached the server, or ended by a connect timeout: the user asked for the timeout.
    pub(crate) fn for_attempt(record: &AttemptRecord) -> Option<Failure> {
        let cause = match record.outcome {
            Outcome::ConnectionRefused => ConnectFailureCause::Other,
            Outcome::ConnectFailed { cause, .. } => cause,
            _ => return None,
        };
        Some(Failure {
            message: record.outcome.to_string(),
            cause,
        })
    }

    /// The failure of a trial in which no attempt reached the server; an external server may not run.
    pub(super) fn for_trial(trial: &Trial, is_external: bool) -> Option<Failure> {
        let mut failures = trial.measured.records.iter().map(Failure::for_attempt);
        let first = failures.next()??;
        let remedy = "; start one with `flagpole serve`, or correct `--url`";
        let remedy = if is_external { remedy } else { "" };
        failures.all(|failure| failure.is_some()).then(|| Failure {
            message: format!("no attempt reached the server: {}{remedy}", first.message),
            ..first
        })
    }
}
