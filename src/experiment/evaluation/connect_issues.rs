//! Validity issues from attempts that did not reach the server.

use crate::experiment::runner::cell::CellTrials;
use crate::experiment::runner::failure::Failure;
use crate::process::system_limits::exhausted;
use flagpole_analysis::validity::Reason;
use flagpole_protocol::{AttemptRecord, ConnectFailureCause};
use std::collections::BTreeMap;

/// The issues of a cell: attempts that did not reach the server, and a trial that was aborted because a system resource
/// ran out.
pub(crate) fn reasons(cell: &CellTrials) -> Vec<Reason> {
    let records = || cell.all_trials().flat_map(|trial| &trial.measured.records);
    let aborted = cell.abort_reason.iter();
    let aborted =
        aborted.filter_map(|abort| exhausted(abort.cause, "a trial was aborted".to_owned()));
    aborted.chain(count_failures(records)).collect()
}

fn count_failures<'a, I: Iterator<Item = &'a AttemptRecord>>(
    records: impl Fn() -> I,
) -> Vec<Reason> {
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
        exhausted(cause, what).unwrap_or(Reason::ConnectFailed {
            count,
            attempts,
            why,
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

    fn issues(records: &[AttemptRecord]) -> Vec<(&'static str, String)> {
        let reasons = count_failures(|| records.iter());
        let issues = reasons.iter();
        issues
            .map(|reason| (reason.label(), reason.to_string()))
            .collect()
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
        assert_eq!(issues(&records), [("connect_failed", sentence.to_owned())]);
    }

    #[test]
    fn exhausted_resource_is_named() {
        for (cause, label) in [
            (ConnectFailureCause::OutOfPorts, "out_of_ports"),
            (
                ConnectFailureCause::OutOfFileDescriptors,
                "out_of_file_descriptors",
            ),
            (ConnectFailureCause::Other, "connect_failed"),
        ] {
            let message = "cannot".to_owned();
            let issues = issues(&[record(Outcome::ConnectFailed { cause, message })]);
            let [(got, sentence)] = &issues[..] else {
                panic!("{issues:?}");
            };
            assert_eq!(*got, label);
            let begin = "1 of 1 attempts did not ";
            assert!(sentence.starts_with(begin), "{sentence}");
        }
    }
}
