//! The fates that a run met, as one number: what two strategies must have in common to be compared.
//!
//! What an attempt shows of its fate is its status, the delay and the pacing that the server planned,
//! and the fault; of an answer without a head, how it ended. First attempts and retries meet fates that
//! depend on the seed alone. What an attempt meets that depends on timing (a hedge, a timeout, a refusal
//! for want of capacity or by a rate limit, a connection that was never made) is no fate, and whether
//! the attempts behind it are made at all depends on it: these are listed apart.

use flagpole_protocol::ContentDigest;
use flagpole_protocol::Outcome;
use flagpole_protocol::{AttemptKind, AttemptRecord, as_micros};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// The fates met in one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedFates {
    downloads: BTreeMap<usize, Met>,
}

/// What of a run is compared with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The fates of it; `None` if there is nothing to compare.
    pub hash: Option<FatesDigest>,
    /// Of how many attempts.
    pub attempts: usize,
    /// How many attempts are left apart.
    pub apart: usize,
}

/// The fates that a download met, in the order of its attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Met {
    fates: Vec<String>,
    /// From this attempt on they depend on timing; the number of attempts if none does.
    settled: usize,
}

/// The fates as a number; equal if the fates are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FatesDigest(String);

impl PlannedFates {
    /// Those of a run's attempts, in whatever order they are given.
    pub fn of(records: &[AttemptRecord]) -> PlannedFates {
        let mut attempts: BTreeMap<usize, Vec<&AttemptRecord>> = BTreeMap::new();
        for record in records {
            attempts.entry(record.download).or_default().push(record);
        }
        let met = |(download, attempts)| (download, Met::of(attempts));
        PlannedFates {
            downloads: attempts.into_iter().map(met).collect(),
        }
    }

    /// The first attempts alone: under a retry budget, who gets the last retry depends on timing.
    pub fn firsts(mut self) -> PlannedFates {
        for met in self.downloads.values_mut() {
            met.settled = met.settled.min(1);
        }
        self
    }

    /// The hash of all that depends on the seed.
    pub fn hash(&self) -> FatesDigest {
        hashed(&self.until(|_| usize::MAX))
    }

    /// Of each download, the attempts before this one.
    fn until(&self, end: impl Fn(usize) -> usize) -> Vec<&str> {
        let until = |(download, met): (&usize, &Met)| met.settled.min(end(*download));
        let fates = self.downloads.iter();
        let fates = fates.flat_map(|entry| &entry.1.fates[..until(entry)]);
        fates.map(String::as_str).collect()
    }

    fn compared(&self, end: impl Fn(usize) -> usize) -> Compared {
        let lines = self.until(end);
        let all: usize = self.downloads.values().map(|met| met.fates.len()).sum();
        Compared {
            hash: (!lines.is_empty()).then(|| hashed(&lines)),
            attempts: lines.len(),
            apart: all - lines.len(),
        }
    }
}

fn hashed(lines: &[&str]) -> FatesDigest {
    let mut lines = lines.to_vec();
    lines.sort_unstable();
    FatesDigest(ContentDigest::from_body(lines.concat().as_bytes()).short())
}

/// What can be compared between several runs of one plan: a download is left out of all from the first
/// attempt on that depended on timing in any of them.
pub fn compared(runs: &[PlannedFates]) -> Vec<Compared> {
    let mut ends: BTreeMap<usize, usize> = BTreeMap::new();
    for (download, met) in runs.iter().flat_map(|run| &run.downloads) {
        if met.settled < met.fates.len() {
            let end = ends.entry(*download).or_insert(met.settled);
            *end = met.settled.min(*end);
        }
    }
    let end = |download| ends.get(&download).copied().unwrap_or(usize::MAX);
    runs.iter().map(|run| run.compared(end)).collect()
}

impl Met {
    /// The attempts of one download.
    fn of(mut attempts: Vec<&AttemptRecord>) -> Met {
        attempts.sort_unstable_by_key(|record| record.attempt);
        let timed = attempts.iter().position(|record| is_timed(record));
        let fates = (1..).zip(&attempts);
        Met {
            fates: fates.map(|(at, record)| spell(at, record)).collect(),
            settled: timed.unwrap_or(attempts.len()),
        }
    }
}

/// Whether what it met depends on timing.
fn is_timed(record: &AttemptRecord) -> bool {
    record.kind == AttemptKind::Hedge
        || record.rejection().is_some()
        || matches!(
            record.outcome,
            Outcome::Timeout(..)
                | Outcome::ConnectionRefused
                | Outcome::ConnectFailed { .. }
                | Outcome::ConnectionError { .. }
                | Outcome::HedgeLost
                | Outcome::Cancelled
        )
}

/// One line, the same on every platform and in every release. `at` counts the attempts of a download
/// from 1.
fn spell(at: usize, record: &AttemptRecord) -> String {
    let AttemptRecord {
        resource,
        request_number,
        ..
    } = record;
    let kind = match record.kind {
        AttemptKind::First => "first",
        AttemptKind::Retry => "retry",
        AttemptKind::Hedge => "hedge",
        AttemptKind::Redirect => "redirect",
        AttemptKind::Metadata => "metadata",
    };
    let end = match record.status {
        Some(status) => status.to_string(),
        None => record.outcome.label().into_owned(),
    };
    // What was planned without a head nobody saw; it may have been added to the record since.
    let timing = record.status.and(record.timing.clone());
    let timing = timing.unwrap_or_default();
    let (planned, paced) = (as_micros(timing.planned), as_micros(timing.paced));
    let fault = timing.fault.as_deref().unwrap_or("-");
    format!("{resource} {request_number} {at} {kind} {end} {planned} {paced} {fault}\n")
}

impl fmt::Display for FatesDigest {
    /// 16 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for FatesDigest {
    /// As it is displayed.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_runs::record;
    use flagpole_protocol::Rejection;
    use flagpole_protocol::TimeoutKind;
    use proptest::prelude::*;
    use std::time::Duration;

    /// An answer of this status, planned for so many milliseconds.
    fn answer(download: usize, attempt: u32, status: u16, planned: u64) -> AttemptRecord {
        AttemptRecord {
            download,
            attempt,
            request_number: download as u64 * 10 + u64::from(attempt),
            kind: if attempt == 1 {
                AttemptKind::First
            } else {
                AttemptKind::Retry
            },
            status: Some(status),
            ..record(planned + 1, Outcome::from_status(status), Some(planned))
        }
    }

    /// One without a head.
    fn ended(outcome: Outcome, mut record: AttemptRecord) -> AttemptRecord {
        record.outcome = outcome;
        (record.status, record.timing) = (None, None);
        record
    }

    fn hash(records: &[AttemptRecord]) -> FatesDigest {
        PlannedFates::of(records).hash()
    }

    /// How many attempts of a run are compared, and how many are apart.
    fn counts(records: &[AttemptRecord]) -> (usize, usize) {
        let run = &compared(&[PlannedFates::of(records)])[0];
        (run.attempts, run.apart)
    }

    fn hashes(runs: &[PlannedFates]) -> Vec<FatesDigest> {
        let compared = compared(runs).into_iter();
        compared.map(|run| run.hash.unwrap()).collect()
    }

    fn run() -> Vec<AttemptRecord> {
        vec![
            answer(1, 1, 503, 40),
            answer(1, 2, 200, 30),
            answer(2, 1, 200, 20),
            ended(Outcome::ConnectionReset, answer(3, 1, 200, 10)),
            answer(3, 2, 404, 10),
        ]
    }

    /// Computed by another program from the lines of `spell`, sorted.
    #[test]
    fn the_hash_is_a_promise() {
        assert_eq!(hash(&run()).to_string(), "f2d4d4c7b7bb1362");
        assert_eq!(counts(&run()), (5, 0));
    }

    #[test]
    fn one_fate_that_is_another_changes_it() {
        let told = |edit: fn(&mut AttemptRecord)| {
            let mut records = run();
            edit(&mut records[1]);
            hash(&records)
        };
        let edits: [fn(&mut AttemptRecord); 6] = [
            |record| record.request_number += 1,
            |record| record.status = Some(404),
            |record| record.kind = AttemptKind::Redirect,
            |record| record.timing.as_mut().unwrap().planned += Duration::from_micros(1),
            |record| record.timing.as_mut().unwrap().paced += Duration::from_micros(1),
            |record| record.timing.as_mut().unwrap().fault = Some("cut:50%".into()),
        ];
        let mut hashes: Vec<_> = edits.map(told).into();
        hashes.push(hash(&run()));
        hashes.push(hash(&run()[..4]));
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 8, "all of them differ");
    }

    #[test]
    fn who_made_the_attempt_and_how_long_it_took_does_not() {
        let mut records = run();
        for record in &mut records {
            record.worker = Some(7);
            record.done *= 3;
            record.outcome = match record.status {
                Some(200) => Outcome::WriteFailed {
                    kind: std::io::ErrorKind::StorageFull,
                    message: "the disk is full".into(),
                },
                _ => record.outcome.clone(),
            };
        }
        assert_eq!(hash(&records), hash(&run()));
        for record in &mut records {
            record.download = 9 - record.download;
        }
        assert_eq!(hash(&records), hash(&run()), "another order of the plan");
    }

    #[test]
    fn what_was_planned_for_an_attempt_without_a_head_is_no_part_of_it() {
        let seen = ended(Outcome::ConnectionReset, answer(1, 1, 200, 10));
        let mut known = seen.clone();
        known.timing = answer(1, 1, 200, 10).timing;
        assert_eq!(hash(&[known]), hash(&[seen]));
    }

    #[test]
    fn a_clean_server_has_a_hash_of_paths_and_statuses() {
        let clean = |status| AttemptRecord {
            timing: None,
            ..answer(1, 1, status, 0)
        };
        assert_eq!(counts(&[clean(200)]), (1, 0));
        assert_ne!(hash(&[clean(200)]), hash(&[clean(404)]));
    }

    #[test]
    fn what_depends_on_timing_is_apart_and_so_is_what_follows_it() {
        let timeout = Outcome::Timeout(TimeoutKind::Total, Duration::from_millis(5));
        let refused = |reason: Rejection| {
            let mut record = answer(1, 1, 503, 0);
            record.timing.as_mut().unwrap().fault = Some(reason.label().into());
            record
        };
        let hedge = AttemptRecord {
            kind: AttemptKind::Hedge,
            ..answer(1, 1, 200, 40)
        };
        for timed in [
            ended(timeout, answer(1, 1, 200, 40)),
            ended(Outcome::HedgeLost, answer(1, 1, 200, 40)),
            ended(Outcome::ConnectionRefused, answer(1, 1, 200, 40)),
            refused(Rejection::ConcurrencyLimit),
            refused(Rejection::RateLimit),
            hedge,
        ] {
            let records = [timed, answer(1, 2, 200, 40), answer(2, 1, 200, 20)];
            assert_eq!(counts(&records), (1, 2));
            assert_eq!(hash(&records), hash(&[answer(2, 1, 200, 20)]));
            let nothing = PlannedFates::of(&records[..2]);
            let [nothing] = &compared(&[nothing])[..] else {
                panic!("there is one run")
            };
            assert_eq!(
                (&nothing.hash, nothing.apart),
                (&None, 2),
                "no hash of nothing"
            );
        }
    }

    #[test]
    fn what_timing_hid_from_one_run_is_held_against_none() {
        let hidden = ended(Outcome::HedgeLost, answer(1, 1, 503, 40));
        let hedged = [hidden, answer(2, 1, 200, 20)];
        let plain = [
            answer(1, 1, 503, 40),
            answer(1, 2, 200, 30),
            answer(2, 1, 200, 20),
        ];
        let other = [answer(1, 1, 503, 40), answer(2, 1, 500, 20)];
        let runs = [&hedged[..], &plain, &other].map(PlannedFates::of);
        let hashes = hashes(&runs);
        assert_ne!(runs[0].hash(), runs[1].hash());
        assert_eq!(hashes[0], hashes[1]);
        assert_ne!(hashes[0], hashes[2]);
    }

    #[test]
    fn a_download_is_compared_up_to_where_the_first_run_lost_sight_of_it() {
        let cancelled = |attempt| ended(Outcome::Cancelled, answer(1, attempt, 503, 0));
        let sure = |attempt, planned| answer(1, attempt, 503, planned);
        let early = PlannedFates::of(&[sure(1, 40), cancelled(2)]);
        let late = PlannedFates::of(&[sure(1, 40), sure(2, 41), cancelled(3)]);
        for runs in [[early.clone(), late.clone()], [late, early]] {
            let told = hashes(&runs);
            assert_eq!(told[0], told[1]);
            assert_eq!(told[0], hash(&[sure(1, 40)]));
        }
    }

    #[test]
    fn a_retry_that_only_one_run_made_is_a_difference_but_under_a_budget() {
        let with = PlannedFates::of(&[answer(1, 1, 503, 40), answer(1, 2, 200, 30)]);
        let without = PlannedFates::of(&[answer(1, 1, 503, 40)]);
        let both = [with, without];
        let told = hashes(&both);
        assert_ne!(told[0], told[1]);
        let told = hashes(&both.map(PlannedFates::firsts));
        assert_eq!(told[0], told[1]);
    }

    proptest! {
        #[test]
        fn the_order_of_the_attempts_does_not_matter(records in Just(run()).prop_shuffle()) {
            prop_assert_eq!(hash(&records), hash(&run()));
        }
    }
}
