//! Validity issues from attempts that did not reach the server.

use crate::experiment::runner::cell::CellTrials;
use crate::experiment::runner::failure::Failure;
use crate::process::system_limits::exhausted;
use flagpole_analysis::validity::ValidityIssue;
use flagpole_protocol::{AttemptRecord, ConnectFailureCause};
use std::collections::BTreeMap;

/// The issues of a cell: attempts that did not reach the server, and a trial that was aborted because a system resource
/// ran out.
pub(crate) fn reasons(cell: &CellTrials) -> Vec<ValidityIssue> {
    let records = || cell.all_trials().flat_map(|trial| &trial.measured.records);
    let aborted = cell.abort_reason.iter();
    let aborted = aborted.filter_map(|abort| exhausted(abort.cause, "a trial was aborted"));
    aborted.chain(count_failures(records)).collect()
}

fn count_failures<'a, I: Iterator<Item = &'a AttemptRecord>>(
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
        exhausted(cause, &what).unwrap_or_else(|| {
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
    use flagpole_protocol::Outcome;

    fn record(outcome: Outcome) -> AttemptRecord {
        test_record::record(outcome, None)
    }

    fn issues(records: &[AttemptRecord]) -> Vec<(String, String)> {
        let issues = count_failures(|| records.iter()).into_iter();
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
