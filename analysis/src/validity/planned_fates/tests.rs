//! Digests and comparisons of small runs.

use super::*;
use crate::test_runs::record;
use flagpole_protocol::{AttemptKind, Rejection, ShortDigest, TimeoutKind};
use proptest::prelude::*;
use std::time::Duration;

/// A response with this status and planned delay in milliseconds.
fn response(download: usize, attempt: u32, status: u16, planned: u64) -> AttemptRecord {
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

/// This attempt without a head.
fn without_head(outcome: Outcome, mut record: AttemptRecord) -> AttemptRecord {
    record.outcome = outcome;
    (record.status, record.timing) = (None, None);
    record
}

fn digest(records: &[AttemptRecord]) -> ShortDigest {
    digests(&[PlannedFates::from_records(records)]).remove(0)
}

/// The numbers of compared and of timing-dependent attempts of a run.
fn counts(records: &[AttemptRecord]) -> (usize, usize) {
    let run = &compare_fates(&[PlannedFates::from_records(records)])[0];
    (run.attempts, run.timing_dependent)
}

fn digests(runs: &[PlannedFates]) -> Vec<ShortDigest> {
    let compared = compare_fates(runs).into_iter();
    compared.map(|run| run.digest.unwrap()).collect()
}

fn run() -> Vec<AttemptRecord> {
    vec![
        response(1, 1, 503, 40),
        response(1, 2, 200, 30),
        response(2, 1, 200, 20),
        without_head(Outcome::ConnectionReset, response(3, 1, 200, 10)),
        response(3, 2, 404, 10),
    ]
}

/// Computed by another program from the sorted canonical lines.
#[test]
fn digest_golden_vector() {
    assert_eq!(digest(&run()).to_string(), "f2d4d4c7b7bb1362");
    assert_eq!(counts(&run()), (5, 0));
}

#[test]
fn every_part_of_a_fate_changes_the_digest() {
    let digest_after = |change: fn(&mut AttemptRecord)| {
        let mut records = run();
        change(&mut records[1]);
        digest(&records)
    };
    let changes: [fn(&mut AttemptRecord); 7] = [
        |record| record.request_number += 1,
        |record| record.status = Some(404),
        |record| record.kind = AttemptKind::Redirect,
        |record| record.timing.as_mut().unwrap().planned += Duration::from_micros(1),
        |record| record.timing.as_mut().unwrap().paced += Duration::from_micros(1),
        |record| record.timing.as_mut().unwrap().pause_after += Duration::from_micros(1),
        |record| record.timing.as_mut().unwrap().fault = Some("cut:50%".into()),
    ];
    let mut digests: Vec<_> = changes.map(digest_after).into();
    digests.push(digest(&run()));
    digests.push(digest(&run()[..4]));
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), 9, "all differ");
}

#[test]
fn worker_and_time_do_not_change_the_digest() {
    let mut records = run();
    for record in &mut records {
        record.worker = Some(7);
        record.done *= 3;
        record.outcome = match record.status {
            Some(200) => Outcome::WriteFailed {
                message: "the disk is full".into(),
            },
            _ => record.outcome.clone(),
        };
    }
    assert_eq!(digest(&records), digest(&run()));
    for record in &mut records {
        record.download = 9 - record.download;
    }
    assert_eq!(
        digest(&records),
        digest(&run()),
        "another order of the workload"
    );
}

#[test]
fn plan_of_an_attempt_without_a_head_does_not_change_the_digest() {
    let seen = without_head(Outcome::ConnectionReset, response(1, 1, 200, 10));
    let mut known = seen.clone();
    known.timing = response(1, 1, 200, 10).timing;
    assert_eq!(digest(&[known]), digest(&[seen]));
}

#[test]
fn digest_without_server_timing_covers_paths_and_statuses() {
    let clean = |status| AttemptRecord {
        timing: None,
        ..response(1, 1, status, 0)
    };
    assert_eq!(counts(&[clean(200)]), (1, 0));
    assert_ne!(digest(&[clean(200)]), digest(&[clean(404)]));
}

#[test]
fn timing_dependent_attempts_and_those_after_them_are_not_compared() {
    let timeout = Outcome::Timeout(TimeoutKind::Total, Duration::from_millis(5));
    let refused = |reason: Rejection| {
        let mut record = response(1, 1, 503, 0);
        record.timing.as_mut().unwrap().fault = Some(reason.label().into());
        record
    };
    let hedge = AttemptRecord {
        kind: AttemptKind::Hedge,
        ..response(1, 1, 200, 40)
    };
    for timed in [
        without_head(timeout, response(1, 1, 200, 40)),
        without_head(Outcome::HedgeLost, response(1, 1, 200, 40)),
        without_head(Outcome::ConnectionRefused, response(1, 1, 200, 40)),
        without_head(Outcome::CircuitOpen, response(1, 1, 200, 40)),
        refused(Rejection::ConcurrencyLimit),
        refused(Rejection::RateLimit),
        hedge,
    ] {
        let records = [timed, response(1, 2, 200, 40), response(2, 1, 200, 20)];
        assert_eq!(counts(&records), (1, 2));
        assert_eq!(digest(&records), digest(&[response(2, 1, 200, 20)]));
        let nothing = PlannedFates::from_records(&records[..2]);
        let [nothing] = &compare_fates(&[nothing])[..] else {
            panic!("there is one run")
        };
        assert_eq!(
            (&nothing.digest, nothing.timing_dependent),
            (&None, 2),
            "no digest of nothing"
        );
    }
}

#[test]
fn attempts_timing_dependent_in_one_run_are_compared_in_none() {
    let hidden = without_head(Outcome::HedgeLost, response(1, 1, 503, 40));
    let hedged = [hidden, response(2, 1, 200, 20)];
    let plain = [
        response(1, 1, 503, 40),
        response(1, 2, 200, 30),
        response(2, 1, 200, 20),
    ];
    let other = [response(1, 1, 503, 40), response(2, 1, 500, 20)];
    let runs = [&hedged[..], &plain, &other].map(PlannedFates::from_records);
    let digests = digests(&runs);
    assert_ne!(digest(&hedged), digest(&plain));
    assert_eq!(digests[0], digests[1]);
    assert_ne!(digests[0], digests[2]);
}

/// What a program left out says nothing of the fates of others.
#[test]
fn download_that_another_run_did_not_request_is_neither_compared_nor_timing_dependent() {
    let run = [response(1, 1, 200, 20), response(2, 1, 200, 30)];
    let mut other = run.clone();
    other[1] = without_head(Outcome::Unsent, other[1].clone());
    let runs = [&run, &other].map(|records| PlannedFates::from_records(records));
    let compared = compare_fates(&runs);
    let counts = compared
        .iter()
        .map(|one| (one.attempts, one.timing_dependent));
    assert_eq!(counts.collect::<Vec<_>>(), [(1, 0), (1, 0)]);
    assert_eq!(compared[0].digest, compared[1].digest);
}

#[test]
fn request_repeated_on_a_new_connection_is_not_compared() {
    let died = without_head(Outcome::EmptyReply, response(1, 1, 200, 40));
    let repetition = AttemptRecord {
        attempt: 2,
        kind: AttemptKind::Retry,
        ..response(1, 1, 200, 40)
    };
    let other = response(2, 1, 200, 20);
    let fresh = [response(1, 1, 200, 40), other.clone()];
    let runs = [&[died, repetition, other.clone()][..], &fresh];
    let digests = digests(&runs.map(PlannedFates::from_records));
    assert_eq!(digests, [digest(&[other]); 2]);
}

#[test]
fn comparison_stops_at_first_timing_dependent_attempt() {
    let cancelled = |attempt| without_head(Outcome::Cancelled, response(1, attempt, 503, 0));
    let sure = |attempt, planned| response(1, attempt, 503, planned);
    let early = PlannedFates::from_records(&[sure(1, 40), cancelled(2)]);
    let late = PlannedFates::from_records(&[sure(1, 40), sure(2, 41), cancelled(3)]);
    for runs in [[early.clone(), late.clone()], [late, early]] {
        let digests = digests(&runs);
        assert_eq!(digests[0], digests[1]);
        assert_eq!(digests[0], digest(&[sure(1, 40)]));
    }
}

#[test]
fn first_attempts_only_ignores_missing_retries() {
    let with = PlannedFates::from_records(&[response(1, 1, 503, 40), response(1, 2, 200, 30)]);
    let without = PlannedFates::from_records(&[response(1, 1, 503, 40)]);
    let both = [with, without];
    let all = digests(&both);
    assert_ne!(all[0], all[1]);
    let first = digests(&both.map(PlannedFates::first_attempts_only));
    assert_eq!(first[0], first[1]);
}

/// This complete response with this body.
fn with_body(body: &str, record: AttemptRecord) -> AttemptRecord {
    let digest = ContentDigest::from_body(body.as_bytes()).short();
    AttemptRecord {
        bytes: body.len() as u64,
        body_digest: Some(digest),
        ..record
    }
}

fn bodies(runs: &[&[AttemptRecord]]) -> Vec<Option<ComparedBodies>> {
    let runs: Vec<_> = runs
        .iter()
        .map(|run| PlannedFates::from_records(run))
        .collect();
    compare_fates(&runs)
        .into_iter()
        .map(|run| run.bodies)
        .collect()
}

#[test]
fn bodies_are_compared_by_content_in_any_order_and_do_not_change_the_digest_of_fates() {
    let body = |download, text| with_body(text, response(download, 1, 200, 20));
    let run = [body(1, "one"), body(2, "two")];
    let [first, reversed, other] = bodies(&[
        &run,
        &[body(2, "two"), body(1, "one")],
        &[body(1, "one"), body(2, "too")],
    ])[..] else {
        panic!("there are three runs")
    };
    assert_eq!(first, reversed);
    assert_eq!((first.unwrap().bytes, other.unwrap().bytes), (6, 6));
    assert_ne!(first, other);
    assert_eq!(digest(&run), digest(&[body(1, "ONE"), body(2, "TWO")]));
}

/// Another number of bytes arrives of a response that is cut off, and a download may fail in one run only.
#[test]
fn downloads_with_incomplete_bodies_or_other_responses_in_a_run_have_no_compared_bodies() {
    let one = with_body("one", response(1, 1, 200, 20));
    let [whole, cut] = ["two", "tw"].map(|text| with_body(text, response(2, 1, 200, 20)));
    let cut = AttemptRecord {
        body_digest: None,
        ..cut
    };
    let failed = with_body("Internal Server Error", response(2, 1, 500, 20));
    let alone = bodies(&[std::slice::from_ref(&one)]);
    for other in [cut, failed] {
        let compared = bodies(&[&[one.clone(), whole.clone()], &[one.clone(), other]]);
        assert_eq!(compared, [alone[0], alone[0]]);
    }
    assert_eq!(bodies(&[&run()]), [None], "no digests");
}

#[test]
fn bodies_of_timing_dependent_attempts_are_not_compared() {
    let hedge = AttemptRecord {
        kind: AttemptKind::Hedge,
        ..response(1, 1, 200, 40)
    };
    assert_eq!(bodies(&[&[with_body("one", hedge)]]), [None]);
}

proptest! {
    #[test]
    fn order_of_attempts_does_not_matter(records in Just(run()).prop_shuffle()) {
        prop_assert_eq!(digest(&records), digest(&run()));
    }
}
