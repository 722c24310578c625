//! Attempts that did not reach the server.

use flagpole_analysis::report::Trial;
use flagpole_protocol::{AttemptRecord, Outcome};

/// The reason if no attempt of a trial reached the server.
pub(crate) fn of_all_attempts(trial: &Trial) -> Option<String> {
    let records = &trial.measured.records;
    let first = records.first().and_then(reason)?;
    let all_failed = records.iter().all(|record| reason(record).is_some());
    all_failed.then(|| format!("no attempt reached the server: {first}"))
}

/// Why an attempt did not reach the server. A connect timeout does not count: the user asked for it.
pub(crate) fn reason(record: &AttemptRecord) -> Option<String> {
    let has_failed = matches!(
        record.outcome,
        Outcome::ConnectionRefused | Outcome::ConnectFailed(_)
    );
    has_failed.then(|| record.outcome.to_string())
}
