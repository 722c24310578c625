//! Failures of trials and servers, and attempts that did not reach the server.

use super::program_trial::no_request;
use crate::process::system_limits::{self, resource_issue};
use crate::process::trial_process::TrialFailed;
use anyhow::Error;
use flagpole_analysis::comparison::Trial;
use flagpole_analysis::validity::ValidityIssue;
use flagpole_protocol::{AttemptRecord, ConnectFailureCause, Outcome};
use std::collections::BTreeMap;

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

    /// The failure of a program that made no request: nothing is known of it.
    pub(super) fn for_program(trial: &Trial) -> Option<Failure> {
        let program = trial.program.as_ref()?;
        let requests = &program.requests;
        let made_none = requests.max_in_flight == 0;
        made_none.then(|| Failure::new(no_request(&program.command, program.exit, &program.stderr)))
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

/// Reasons to doubt the figures: attempts that did not reach the server.
pub(crate) fn connect_reasons<'a, I: Iterator<Item = &'a AttemptRecord>>(
    records: impl Fn() -> I,
) -> Vec<ValidityIssue> {
    // Counted by message: a message includes the error number, so that equal messages have the same cause.
    let mut counts: BTreeMap<String, (ConnectFailureCause, u64)> = BTreeMap::new();
    for failure in records().filter_map(Failure::for_attempt) {
        counts
            .entry(failure.message)
            .or_insert((failure.cause, 0))
            .1 += 1;
    }
    let attempts = records().count() as u64;
    let reason = |(why, (cause, count))| {
        let what = format!("{count} of {attempts} attempts did not connect");
        resource_issue(cause, &what).unwrap_or_else(|| {
            let message = format!("{count} of {attempts} attempts did not reach the server: {why}");
            ValidityIssue::invalid("connect_failed", message)
        })
    };
    counts.into_iter().map(reason).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::test_record;

    fn record(outcome: Outcome) -> AttemptRecord {
        test_record::record(outcome, None)
    }

    fn issues(records: &[AttemptRecord]) -> Vec<(String, String)> {
        let issues = connect_reasons(|| records.iter()).into_iter();
        issues.map(|issue| (issue.label, issue.message)).collect()
    }

    #[test]
    fn attempts_that_reached_the_server_are_no_issue() {
        let outcomes = [Outcome::Ok, Outcome::Http(500), Outcome::ConnectionReset];
        assert_eq!(issues(&outcomes.map(record)), []);
    }

    #[test]
    fn refused_connections_are_counted() {
        let records = [
            Outcome::Ok,
            Outcome::ConnectionRefused,
            Outcome::ConnectionRefused,
        ]
        .map(record);
        let sentence = "2 of 3 attempts did not reach the server: connection refused";
        assert_eq!(
            issues(&records),
            [("connect_failed".to_owned(), sentence.to_owned())]
        );
    }

    #[test]
    fn exhausted_resource_is_named() {
        for (cause, label, begin) in [
            (
                ConnectFailureCause::OutOfPorts,
                "out_of_ports",
                "1 of 1 attempts did not connect: out of ports (",
            ),
            (
                ConnectFailureCause::OutOfFileDescriptors,
                "out_of_file_descriptors",
                "1 of 1 attempts did not connect: out of open files (",
            ),
            (
                ConnectFailureCause::Other,
                "connect_failed",
                "1 of 1 attempts did not reach the server: ",
            ),
        ] {
            let message = "cannot".to_owned();
            let issues = issues(&[record(Outcome::ConnectFailed { cause, message })]);
            let [(got, sentence)] = &issues[..] else {
                panic!("{issues:?}");
            };
            assert_eq!(*got, label);
            assert!(sentence.starts_with(begin), "{sentence}");
        }
    }
}
