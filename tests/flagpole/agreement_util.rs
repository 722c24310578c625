//! Compares the attempt records of the client with the journal of the server.

use crate::combos::Combo;
use crate::servers::FinishedRequest;
use flagpole_protocol::Cause;
use flagpole_protocol::{AttemptRecord, MeasuredRun, Outcome};
use flagpole_protocol::{FateKey, Ledger, ResponseEnd};
use std::collections::BTreeSet;
use std::time::Duration;

pub(crate) type TestRun = (Combo, MeasuredRun);

/// One attempt, as both sides record it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Trace {
    run: String,
    key: FateKey,
    request_number: u64,
    pub(crate) status: Option<u16>,
    planned: Duration,
    pub(crate) cause: Cause,
}

impl Trace {
    fn from_record(run: &str, record: &AttemptRecord) -> Trace {
        let timing = record.timing.clone().unwrap_or_default();
        Trace {
            run: run.to_owned(),
            key: record.resource.into(),
            request_number: record.request_number,
            status: record.status,
            planned: timing.planned,
            cause: match (&record.timing, timing.fault) {
                (None, _) => Cause::Clean,
                (Some(_), None) => Cause::Delay,
                (Some(_), Some(fault)) => Cause::Fault(fault.into()),
            },
        }
    }

    fn from_entry((request, outcome): &FinishedRequest) -> Trace {
        Trace {
            run: request.run.as_deref().unwrap_or_default().to_owned(),
            key: request.resource.clone(),
            request_number: request.request_number.unwrap(),
            status: outcome.status,
            planned: request.planned,
            cause: request.cause.clone(),
        }
    }

    /// What a client knows without a response.
    fn request(&self) -> (&str, &FateKey, u64) {
        (&self.run, &self.key, self.request_number)
    }
}

/// Every attempt of these runs, with its outcome.
fn attempts(runs: &[TestRun]) -> Vec<(Trace, &Outcome)> {
    let run_traces = |(combo, run): &'_ TestRun| -> Vec<_> {
        let name = combo.name();
        let trace = |record: &AttemptRecord| Trace::from_record(&name, record);
        run.records.iter().map(trace).collect()
    };
    let outcomes = runs.iter().flat_map(|(_, run)| &run.records);
    let traces = runs.iter().flat_map(run_traces);
    traces.zip(outcomes.map(|record| &record.outcome)).collect()
}

pub(crate) fn client_traces(runs: &[TestRun]) -> Vec<Trace> {
    let traces = attempts(runs).into_iter();
    traces.map(|(trace, _)| trace).collect()
}

/// Every response that the client received is in the journal with the same trace. Every other
/// journal entry is an attempt without a response; an attempt without an entry was given up by the
/// client or did not reach the server. Responses are aborted where the client gave up, and nowhere else.
pub(crate) fn assert_agree(runs: &[TestRun], (ledger, requests): &(Ledger, Vec<FinishedRequest>)) {
    assert_eq!(ledger.requests, requests.len() as u64);
    let traces = attempts(runs);
    assert_ends_agree(&traces, ledger, requests);
    let (seen, mut unseen): (Vec<_>, Vec<_>) = traces
        .into_iter()
        .partition(|(trace, _)| trace.status.is_some());
    let mut logged: Vec<_> = requests.iter().map(Trace::from_entry).collect();
    for (trace, _) in seen {
        let position = logged.iter().position(|entry| *entry == trace);
        logged.remove(position.unwrap_or_else(|| panic!("missing in the journal: {trace:?}")));
    }
    for trace in &logged {
        let position = unseen.iter().position(|(unseen, outcome)| {
            outcome.may_have_arrived() && unseen.request() == trace.request()
        });
        unseen.remove(position.unwrap_or_else(|| panic!("missing in the records: {trace:?}")));
    }
    for (trace, outcome) in unseen {
        let is_given_up = matches!(
            outcome,
            Outcome::Timeout(..)
                | Outcome::Cancelled
                | Outcome::HedgeLost
                | Outcome::ConnectionRefused
                | Outcome::CircuitOpen
        );
        assert!(
            is_given_up,
            "{outcome}, but missing in the journal: {trace:?}"
        );
    }
}

/// The client resets the connection of a response that it gives up, and the ledger counts the response as aborted.
fn assert_ends_agree(
    attempts: &[(Trace, &Outcome)],
    ledger: &Ledger,
    requests: &[FinishedRequest],
) {
    let (completed, unfinished): (Vec<_>, Vec<_>) = requests
        .iter()
        .partition(|(_, outcome)| outcome.end == ResponseEnd::Completed);
    assert_eq!(ledger.completed, completed.len() as u64);
    let other_ends = (ledger.in_progress(), ledger.ended_by_stop, ledger.timed_out);
    assert_eq!(other_ends, (0, 0, 0));
    let given_up: BTreeSet<_> = attempts
        .iter()
        .filter(|(_, outcome)| closes_by_reset(outcome))
        .map(|(trace, _)| trace.request())
        .collect();
    let is_given_up =
        |entry: &FinishedRequest| given_up.contains(&Trace::from_entry(entry).request());
    let count = |matches: &dyn Fn(&FinishedRequest) -> bool| {
        unfinished.iter().filter(|entry| matches(entry)).count() as u64
    };
    // A fault may end a response just when the client gives it up.
    let certain = count(&|(request, _)| request.fault.is_none());
    let possible = count(&is_given_up);
    assert!(
        (certain..=possible).contains(&ledger.aborted),
        "{ledger}\n{certain} to {possible} responses were given up"
    );
}

/// Whether the client may close the connection while the response is outstanding. That of a status other than 2xx has
/// the outcome of its status.
fn closes_by_reset(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Timeout(..)
            | Outcome::Cancelled
            | Outcome::HedgeLost
            | Outcome::TooLarge
            | Outcome::ProtocolError(_)
            | Outcome::NotFound
            | Outcome::Http(_)
            | Outcome::Redirected(_)
            | Outcome::TooManyRedirects
    )
}
