//! Failures of trials and servers, and attempts that did not reach the server.

use crate::process::system_limits;
use crate::process::trial_process::TrialFailed;
use anyhow::Error;
use flagpole_analysis::comparison::Trial;
use flagpole_analysis::validity::SystemResource;
use flagpole_protocol::{AttemptRecord, Outcome};

/// Why the rounds of a cell ended early, or why an attempt did not reach the server.
pub(crate) struct Failure {
    pub(crate) message: String,
    /// The system resource that ran out, if that was the cause.
    pub(crate) exhausted: Option<SystemResource>,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Failure {
        Failure {
            message: message.into(),
            exhausted: None,
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
            exhausted: system_limits::resource(cause),
        }
    }

    /// `None` if the attempt reached the server, or ended by a connect timeout: the user asked for the timeout.
    pub(crate) fn for_attempt(record: &AttemptRecord) -> Option<Failure> {
        let exhausted = match record.outcome {
            Outcome::ConnectionRefused => None,
            Outcome::ConnectFailed { cause, .. } => system_limits::resource(cause),
            _ => return None,
        };
        Some(Failure {
            message: record.outcome.to_string(),
            exhausted,
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
