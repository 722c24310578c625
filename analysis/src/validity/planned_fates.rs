//! The fates of a run: what two strategies must have in common to be compared. A fate is all that will happen to one
//! response.
//!
//! An attempt shows its fate by its status, the planned delay and pacing, and the fault; without a head, by its
//! outcome, such as a reset. What happens to a timing-dependent attempt (a hedge, the attempt that lost to one, a
//! timeout, a cancellation, a rejection by a limit or the circuit breaker, a failed connection, a request that was repeated
//! on a new connection) does not follow from the seed, nor does whether
//! other attempts follow it in the same download. So such attempts, a timeout after a planned hang included, and those
//! after them are counted but not compared. The fates of all other attempts follow from the seed.

#[cfg(test)]
mod tests;

use super::compared_bodies::{ComparedBodies, CompleteBody, compare_bodies};
use flagpole_protocol::{
    AttemptKind, AttemptRecord, ContentDigest, Outcome, ShortDigest, as_micros,
};
use std::collections::{BTreeMap, BTreeSet};

/// The fates of the attempts of a run, by download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedFates {
    downloads: BTreeMap<usize, DownloadFates>,
}

/// The part of a run that is compared with other runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FateComparison {
    /// The digest of the compared attempts, from their canonical lines in any order; `None` without any.
    pub digest: Option<ShortDigest>,
    /// The complete bodies of compared attempts; `None` if none can be compared.
    pub bodies: Option<ComparedBodies>,
    /// The number of compared attempts.
    pub attempts: usize,
    /// The number of attempts that are not compared: timing-dependent attempts and those after them in the same
    /// download. Attempts at a download that another run did not request are in neither number.
    pub timing_dependent: usize,
}

/// The fates of a download's attempts, each as a [canonical line](canonical_line).
#[derive(Clone, Debug, PartialEq, Eq)]
struct DownloadFates {
    lines: Vec<String>,
    bodies: Vec<Option<CompleteBody>>,
    /// The number of attempts before the first timing-dependent one.
    comparable: usize,
    /// Whether the download was requested at all.
    is_requested: bool,
}

impl PlannedFates {
    /// The fates of these attempts, which may be in any order.
    pub fn from_records(records: &[AttemptRecord]) -> PlannedFates {
        let mut attempts: BTreeMap<usize, Vec<&AttemptRecord>> = BTreeMap::new();
        for record in records {
            attempts.entry(record.download).or_default().push(record);
        }
        let fates = |(download, attempts)| (download, DownloadFates::from_attempts(attempts));
        PlannedFates {
            downloads: attempts.into_iter().map(fates).collect(),
        }
    }

    /// Makes only first attempts comparable: under a retry budget, retries are timing-dependent.
    pub fn first_attempts_only(mut self) -> PlannedFates {
        for download in self.downloads.values_mut() {
            download.comparable = download.comparable.min(1);
        }
        self
    }

    /// The complete bodies of at most `max(download)` attempts of each download.
    fn bodies(&self, max: impl Fn(usize) -> usize) -> BTreeMap<usize, Vec<CompleteBody>> {
        let downloads = self.downloads.iter().map(|(download, fates)| {
            let count = fates.comparable.min(max(*download));
            (
                *download,
                fates.bodies[..count].iter().flatten().copied().collect(),
            )
        });
        downloads.collect()
    }

    /// What is compared if at most `max(download)` attempts of each download are. Attempts at downloads that were
    /// `not_requested` in another run are neither compared nor timing-dependent.
    fn compared(
        &self,
        max: impl Fn(usize) -> usize,
        not_requested: &BTreeSet<usize>,
    ) -> FateComparison {
        let lines = self.downloads.iter().flat_map(|(download, fates)| {
            let count = fates.comparable.min(max(*download));
            &fates.lines[..count]
        });
        let mut lines: Vec<_> = lines.map(String::as_str).collect();
        lines.sort_unstable();
        let requested = self.downloads.iter();
        let requested = requested.filter(|(download, _)| !not_requested.contains(download));
        let all: usize = requested.map(|(_, one)| one.lines.len()).sum();
        let digest = || ContentDigest::from_body(lines.concat().as_bytes()).short();
        FateComparison {
            digest: (!lines.is_empty()).then(digest),
            bodies: None,
            attempts: lines.len(),
            timing_dependent: all - lines.len(),
        }
    }
}

/// What can be compared between several runs of one workload: the attempts of each download before the first
/// that was timing-dependent in any of the runs.
pub fn compare_fates(runs: &[PlannedFates]) -> Vec<FateComparison> {
    let mut ends: BTreeMap<usize, usize> = BTreeMap::new();
    let mut not_requested = BTreeSet::new();
    for (download, fates) in runs.iter().flat_map(|run| &run.downloads) {
        if !fates.is_requested {
            not_requested.insert(*download);
        }
        if fates.comparable < fates.lines.len() {
            let end = ends.entry(*download).or_insert(fates.comparable);
            *end = fates.comparable.min(*end);
        }
    }
    let max = |download| ends.get(&download).copied().unwrap_or(usize::MAX);
    let bodies: Vec<_> = runs.iter().map(|run| run.bodies(max)).collect();
    let compared = runs.iter().zip(compare_bodies(&bodies));
    let compared = compared.map(|(run, bodies)| FateComparison {
        bodies,
        ..run.compared(max, &not_requested)
    });
    compared.collect()
}

impl DownloadFates {
    fn from_attempts(mut attempts: Vec<&AttemptRecord>) -> DownloadFates {
        attempts.sort_unstable_by_key(|record| record.attempt);
        let first = (0..attempts.len()).find(|&index| {
            let (record, next) = (attempts[index], attempts.get(index + 1));
            is_timing_dependent(record) || is_repeated(record, next)
        });
        let lines = (1..).zip(&attempts);
        DownloadFates {
            lines: lines
                .map(|(position, record)| canonical_line(position, record))
                .collect(),
            bodies: attempts
                .iter()
                .map(|record| CompleteBody::from_record(record))
                .collect(),
            comparable: first.unwrap_or(attempts.len()),
            is_requested: attempts.iter().any(|record| record.was_sent()),
        }
    }
}

fn is_timing_dependent(record: &AttemptRecord) -> bool {
    record.kind == AttemptKind::Hedge
        || record.rejection().is_some()
        || matches!(
            record.outcome,
            Outcome::Timeout(..)
                | Outcome::ConnectionRefused
                | Outcome::ConnectFailed { .. }
                | Outcome::ConnectionError { .. }
                | Outcome::HedgeLost
                | Outcome::CircuitOpen
                | Outcome::Cancelled
                | Outcome::Abandoned
                | Outcome::Unsent
        )
}

/// Whether `next` repeats the request of `record`, whose connection was stale: whether it was depends on timing.
fn is_repeated(record: &AttemptRecord, next: Option<&&AttemptRecord>) -> bool {
    next.is_some_and(|next| {
        next.kind == AttemptKind::Retry
            && (next.resource, next.request_number) == (record.resource, record.request_number)
    })
}

/// One attempt as a line that is the same on every platform and in every release. `position` is that of the attempt in
/// its download, from 1.
fn canonical_line(position: usize, record: &AttemptRecord) -> String {
    let (resource, n, kind) = (record.resource, record.request_number, record.kind.label());
    let end = match record.status {
        Some(status) => status.to_string(),
        None => record.outcome.label().into_owned(),
    };
    // Without a head the client did not see the plan; the timing may have been added to the record later.
    let timing = record.status.and(record.timing.clone()).unwrap_or_default();
    let paced = timing.paced_head.saturating_add(timing.paced);
    let (planned, paced) = (as_micros(timing.planned), as_micros(paced));
    let fault = timing.fault.as_deref().unwrap_or("-");
    // A line without a pause is as in releases that did not know of pauses.
    let pause = match as_micros(timing.pause_after) {
        0 => String::new(),
        pause => format!(" pause {pause}"),
    };
    format!("{resource} {n} {position} {kind} {end} {planned} {paced} {fault}{pause}\n")
}
