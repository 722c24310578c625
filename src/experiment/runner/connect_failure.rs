//! Attempts that did not reach the server.

use crate::experiment::runner::abort_reason::AbortReason;
use crate::process::system_limits;
use flagpole_analysis::comparison::Trial;
use flagpole_analysis::validity::SystemResource;
use flagpole_protocol::{AttemptRecord, Outcome};

/// The reason if no attempt of a trial reached the server.
pub(crate) fn of_all_attempts(trial: &Trial) -> Option<AbortReason> {
    let records = &trial.measured.records;
    let (first, exhausted) = records.first().and_then(reason)?;
    let all_failed = records.iter().all(|record| reason(record).is_some());
    all_failed.then(|| AbortReason {
        message: format!("no attempt reached the server: {first}"),
        exhausted,
    })
}

/// Why an attempt did not reach the server, and the resource that ran out, if one did. A connect timeout does
/// not count: the user asked for it.
pub(crate) fn reason(record: &AttemptRecord) -> Option<(String, Option<SystemResource>)> {
    let exhausted = match record.outcome {
        Outcome::ConnectionRefused => None,
        Outcome::ConnectFailed { cause, .. } => system_limits::resource(cause),
        _ => return None,
    };
    Some((record.outcome.to_string(), exhausted))
}
