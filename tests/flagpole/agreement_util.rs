//! What client and server tell of the same requests, set side by side.

use crate::combos::Combo;
use flagpole_protocol::Cause;
use flagpole_protocol::{AttemptRecord, MeasuredRun, Outcome};
use flagpole_protocol::{FateKey, JournalEntry, Ledger};
use std::time::Duration;

/// What came of a run, and how it was made.
pub(crate) type TestRun = (Combo, MeasuredRun);

/// One attempt, as either side tells it.
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
    fn of_record(run: &str, record: &AttemptRecord) -> Trace {
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

    fn of_entry(entry: &JournalEntry) -> Trace {
        Trace {
            run: entry.run.as_deref().unwrap_or_default().to_owned(),
            key: entry.resource.clone(),
            request_number: entry.request_number.unwrap(),
            status: entry.status,
            planned: entry.planned,
            cause: entry.cause.clone(),
        }
    }

    /// All that a client knows that has seen no answer.
    fn asked(&self) -> (&str, &FateKey, u64) {
        (&self.run, &self.key, self.request_number)
    }
}

/// Every attempt of these runs, with how it ended.
fn attempts(runs: &[TestRun]) -> Vec<(Trace, &Outcome)> {
    let told = |(way, run): &'_ TestRun| -> Vec<_> {
        let name = way.name();
        let story = |record: &AttemptRecord| Trace::of_record(&name, record);
        run.records.iter().map(story).collect()
    };
    let outcomes = runs.iter().flat_map(|(_, run)| &run.records);
    let stories = runs.iter().flat_map(told);
    stories
        .zip(outcomes.map(|record| &record.outcome))
        .collect()
}

pub(crate) fn told_by_client(runs: &[TestRun]) -> Vec<Trace> {
    let stories = attempts(runs).into_iter();
    stories.map(|(story, _)| story).collect()
}

/// Every answer that the client saw is told alike by both. What else the server parsed, the client
/// asked for; and what it asked for without an answer and without a word from the server, it gave up
/// itself or never got there.
pub(crate) fn assert_agree(runs: &[TestRun], ledger: &Ledger) {
    assert_eq!(ledger.entries_dropped, 0);
    let stories = attempts(runs);
    let (seen, mut unseen): (Vec<_>, Vec<_>) = stories
        .into_iter()
        .partition(|(story, _)| story.status.is_some());
    let mut others: Vec<_> = ledger.entries.iter().map(Trace::of_entry).collect();
    for (story, _) in seen {
        let same = others.iter().position(|other| *other == story);
        others.remove(same.unwrap_or_else(|| panic!("only the client tells of {story:?}")));
    }
    for story in &others {
        let same = unseen
            .iter()
            .position(|(unseen, _)| unseen.asked() == story.asked());
        unseen.remove(same.unwrap_or_else(|| panic!("only the server tells of {story:?}")));
    }
    for (story, outcome) in unseen {
        let is_given_up = matches!(
            outcome,
            Outcome::Timeout(..)
                | Outcome::Cancelled
                | Outcome::HedgeLost
                | Outcome::ConnectionRefused
        );
        assert!(
            is_given_up,
            "{outcome}, but only the client tells of {story:?}"
        );
    }
}
