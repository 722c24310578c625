//! A clean comparison, and the verdict on each defect.

mod busy_time;
mod fates;
mod lateness;
mod processor_time;
mod rounds;

use super::*;
use crate::test_runs::record;
use flagpole_protocol::{AttemptRecord, Outcome, ShortDigest};
use std::collections::BTreeMap;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

/// The digest of a run with one response after this delay.
fn digest(planned: u64) -> ShortDigest {
    let response = AttemptRecord {
        status: Some(200),
        ..record(60, Outcome::Ok, Some(planned))
    };
    let compared = compare_fates(&[PlannedFates::from_records(&[response])]).remove(0);
    compared.digest.unwrap()
}

/// This digest in each of 20 rounds.
fn all_rounds(digest: ShortDigest) -> RoundDigests {
    (1..=20).map(|round| (round, digest)).collect()
}

fn downloads(ok: u64, error: u64) -> DownloadCounts {
    DownloadCounts {
        ok,
        error,
        ..DownloadCounts::default()
    }
}

/// A round with this p99 lateness, in which every response was delayed as long.
fn late(p99: Duration, delay: Duration) -> Lateness {
    Lateness {
        p50: Duration::ZERO,
        p99,
        short_delay: delay,
        mean_delay: delay,
    }
}

fn strategy(name: &str) -> ObservedStrategy {
    ObservedStrategy {
        name: name.to_owned(),
        walls: (0..20).map(|round| (1000 + 7 * (round % 3)) * MS).collect(),
        cpu: Some(10_000 * MS),
        cores: 1,
        server_cpu: Some(2000 * MS),
        busy: Some(100_000 * MS),
        attempt_time: Some(99_000 * MS),
        fates: all_rounds(digest(50)),
        bodies: BTreeMap::new(),
        mismatch: None,
        lateness: vec![late(MS, 50 * MS); 20],
        has_server_timing: true,
        lost: Some(LostWall {
            wall: 20_140 * MS,
            displaced: 400 * MS,
            ..LostWall::default()
        }),
        excess: Vec::new(),
        max_efficiency: Some(1.0),
        program: None,
        retries: 0,
        timing_dependent_attempts: 0,
        downloads: downloads(4980, 0),
        policy: String::new(),
    }
}

fn clean() -> ObservedCell {
    ObservedCell {
        rounds: 20,
        requested_rounds: 20,
        early_responses: 0,
        has_time_windows: false,
        has_unknown_delays: false,
        is_overhead_measured: false,
        strategies: vec![strategy("threads"), strategy("async")],
        cores: 2,
        other_reasons: Vec::new(),
        unchecked: Vec::new(),
    }
}

#[track_caller]
fn assert_only_reason(
    defect: impl Fn(&mut ObservedCell),
    severity: Validity,
    label: &str,
    message: &str,
) {
    let mut cell = clean();
    defect(&mut cell);
    let verdict = Verdict::for_cell(&cell);
    let [issue] = &verdict.reasons[..] else {
        panic!("expected one reason, got {verdict:?}");
    };
    assert_eq!(
        (issue.label.as_str(), issue.message.as_str()),
        (label, message)
    );
    assert_eq!((issue.severity, verdict.validity), (severity, severity));
}

fn validity(cell: &ObservedCell) -> Validity {
    Verdict::for_cell(cell).validity
}

#[track_caller]
fn assert_suspect(defect: impl Fn(&mut ObservedCell), label: &str, message: &str) {
    assert_only_reason(defect, Validity::Suspect, label, message);
}

#[track_caller]
fn assert_invalid(defect: impl Fn(&mut ObservedCell), label: &str, message: &str) {
    assert_only_reason(defect, Validity::Invalid, label, message);
}

#[test]
fn counts_of_1_are_described_in_the_singular() {
    let mut cell = clean();
    (cell.rounds, cell.requested_rounds, cell.cores) = (1, 1, 1);
    cell.early_responses = 1;
    let one = &mut cell.strategies[1];
    (one.cpu, one.server_cpu) = (Some(10_000 * MS), Some(6200 * MS));
    let messages: Vec<_> = Verdict::for_cell(&cell).reasons;
    for expected in [
        "1 response sent early",
        "1 round; a confidence",
        "async and the server used 80% of the machine's 1 core ",
    ] {
        let is_said = messages.iter().any(|one| one.message.starts_with(expected));
        assert!(is_said, "{messages:?}");
    }
    let mismatch = |status| Mismatch {
        status,
        client: 1,
        server: 2,
    };
    let all = mismatch(None).to_string();
    assert!(
        all.starts_with("1 attempt that reached the server"),
        "{all}"
    );
    let not_found = mismatch(Some(404)).to_string();
    assert!(
        not_found.starts_with("1 response with status 404"),
        "{not_found}"
    );
}

#[test]
fn clean_or_unknown_evidence_is_valid() {
    assert_eq!(Verdict::for_cell(&clean()).reasons, []);
    let unknown = ObservedCell {
        rounds: 20,
        strategies: vec![
            ObservedStrategy {
                ..ObservedStrategy::default()
            };
            2
        ],
        ..ObservedCell::default()
    };
    assert_eq!(validity(&unknown), Validity::Valid);
}

fn mismatch(status: Option<u16>) -> Mismatch {
    Mismatch {
        status,
        client: 249,
        server: 250,
    }
}

#[test]
fn ledger_mismatch_is_invalid() {
    assert_invalid(
        |cell| cell.strategies[0].mismatch = Some((3, mismatch(None))),
        "ledger_mismatch",
        "round 3: threads recorded 249 attempts that reached the server, the server's ledger has 250; is another client \
         using the server?",
    );
    assert_invalid(
        |cell| cell.strategies[0].mismatch = Some((3, mismatch(Some(404)))),
        "ledger_mismatch",
        "round 3: threads recorded 249 responses with status 404, the server's ledger has 250; is another client using \
         the server?",
    );
}

#[test]
fn wall_time_below_bound_is_invalid() {
    assert_invalid(
        |cell| cell.strategies[0].max_efficiency = Some(1.02),
        "below_bound",
        "threads was faster than the planned delays allow: efficiency up to 102.0%; did the server apply the delays that it \
         reported?",
    );
}

#[test]
fn different_results_under_one_policy_are_suspect() {
    assert_suspect(
        |cell| cell.strategies[1].downloads = downloads(996, 3984),
        "work_differs",
        "different results: the downloads of threads ended with 4980 ok, those of async with 996 ok, 3984 errors, so \
         no ratio of their wall times is given",
    );
    let mut policies = clean();
    policies.strategies[1].downloads = downloads(996, 3984);
    policies.strategies[1].policy = "no retries".into();
    assert_eq!(validity(&policies), Validity::Valid, "another policy");
}

#[test]
fn reasons_of_the_caller_count() {
    let interrupted = || ValidityIssue::aborted("interrupted".to_owned());
    assert_invalid(
        |cell| cell.other_reasons.push(interrupted()),
        "aborted",
        "interrupted",
    );
}

#[test]
fn what_could_not_be_checked_is_no_reason() {
    let mut cell = clean();
    cell.unchecked = vec!["steal: there is no /proc/stat".to_owned()];
    let verdict = Verdict::for_cell(&cell);
    assert_eq!(
        (verdict.validity, &verdict.reasons[..]),
        (Validity::Valid, &[][..])
    );
    assert_eq!(verdict.unchecked, cell.unchecked);
}

#[test]
fn most_severe_reason_comes_first() {
    let mut cell = clean();
    cell.rounds = 4;
    cell.requested_rounds = 4;
    cell.strategies[1].mismatch = Some((1, mismatch(None)));
    let verdict = Verdict::for_cell(&cell);
    let severities: Vec<_> = verdict.reasons.iter().map(|issue| issue.severity).collect();
    assert_eq!(severities, [Validity::Invalid, Validity::Suspect]);
    let json = serde_json::to_value(verdict).unwrap();
    assert_eq!(json["validity"], "INVALID");
    assert_eq!(json["reasons"][1]["label"], "few_rounds");
}
