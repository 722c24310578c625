//! A clean comparison, and the verdict on each defect.

use super::*;
use crate::test_runs::record;
use flagpole_protocol::{AttemptKind, AttemptRecord, Outcome, ShortDigest};
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

#[test]
fn lateness_is_judged_relative_to_short_delays_and_in_absolute_terms() {
    let rounds = |p99: Duration, delay: Duration| {
        move |cell: &mut ObservedCell| cell.strategies[1].lateness = vec![late(p99, delay); 20]
    };
    assert_suspect(
        rounds(26 * MS / 10, 50 * MS),
        "server_late",
        "the server was too late for async: p99 lateness 2.60 ms in the mean of 20 rounds, limit 2.50 ms (5% of the 10th \
         percentile of the delays); run on an idle machine or use longer delays",
    );
    assert_invalid(
        rounds(11 * MS, 50 * MS),
        "server_late",
        "the server was too late for async: p99 lateness 11.0 ms in the median of 20 rounds, limit 10.0 ms (20% of the \
         10th percentile of the delays); run on an idle machine or use longer delays",
    );
    for (p99, delay, expected) in [
        (MS, 2 * MS, Validity::Valid),
        (11 * MS / 10, 2 * MS, Validity::Suspect),
        (4 * MS, 2 * MS, Validity::Suspect),
        (41 * MS / 10, 2 * MS, Validity::Invalid),
        (50 * MS, 1000 * MS, Validity::Valid),
    ] {
        let mut cell = clean();
        rounds(p99, delay)(&mut cell);
        assert_eq!(validity(&cell), expected, "{p99:?} {delay:?}");
    }
}

/// The mean delay would allow 25 ms under `49%:1ms|51%:1s`.
#[test]
fn lateness_of_short_delays_is_not_judged_by_long_ones() {
    let mut cell = clean();
    let lateness = Lateness {
        mean_delay: 510 * MS,
        ..late(50 * MS, MS)
    };
    cell.strategies[0].lateness = vec![lateness; 20];
    assert_eq!(validity(&cell), Validity::Invalid);
}

#[test]
fn lateness_is_suspect_in_the_mean_and_invalid_in_the_median_of_the_rounds() {
    let with_stalls = |rounds| {
        let mut cell = clean();
        cell.strategies[0].lateness[..rounds].fill(late(21 * MS, 50 * MS));
        validity(&cell)
    };
    // One stall of 21 ms makes a mean of 2 ms, two make 3 ms.
    assert_eq!(with_stalls(1), Validity::Valid);
    assert_eq!(with_stalls(2), Validity::Suspect);
    assert_eq!(with_stalls(10), Validity::Suspect);
    assert_eq!(with_stalls(11), Validity::Invalid);
}

#[test]
fn lateness_of_half_of_the_responses_is_suspect() {
    let rounds = |p50: Duration| {
        move |cell: &mut ObservedCell| {
            let lateness = Lateness {
                p50,
                ..late(MS, 2 * MS)
            };
            cell.strategies[1].lateness = vec![lateness; 20];
        }
    };
    assert_suspect(
        rounds(MS / 5),
        "server_late",
        "half of the responses to async were more than 200 µs late, which is 10% of the mean delay of 2.00 ms (limit \
         5%); use longer delays or run on an idle machine",
    );
    let mut cell = clean();
    rounds(MS / 10)(&mut cell);
    assert_eq!(validity(&cell), Validity::Valid);
}

#[test]
fn lost_processor_time_is_suspect_and_much_is_invalid() {
    let lost = |change: fn(&mut LostWall)| {
        move |cell: &mut ObservedCell| {
            let mut lost = LostWall {
                wall: 20_000 * MS,
                ..LostWall::default()
            };
            change(&mut lost);
            cell.strategies[1].lost = Some(lost);
        }
    };
    assert_suspect(
        lost(|lost| lost.displaced = 600 * MS),
        "processor_lost",
        "async lost 600 ms of 20.0 s waiting for a processor, because other programs ran; stop them or use a machine with \
         more processors",
    );
    assert_invalid(
        lost(|lost| lost.stopped = 4200 * MS),
        "processor_lost",
        "async lost 4.20 s of 20.0 s while its process was stopped; do not stop it (SIGSTOP, a debugger, a frozen cgroup, \
         a paused virtual machine)",
    );
    assert_suspect(
        lost(|lost| (lost.stolen, lost.displaced) = (800 * MS, 700 * MS)),
        "processor_lost",
        "async lost 1.50 s of 20.0 s waiting for a processor, because the hypervisor ran other virtual machines; use a \
         machine of your own",
    );
    assert_suspect(
        lost(|lost| lost.throttled = 800 * MS),
        "processor_lost",
        "async lost 800 ms of 20.0 s waiting for a processor, because its cgroup had used its CPU quota; raise the quota \
         (`cpu.max`)",
    );
}

#[test]
fn response_excess_is_evidence_only_without_the_scheduler() {
    let excess = |cell: &mut ObservedCell| {
        cell.strategies[1].excess = vec![
            ResponseExcess {
                mean: 6 * MS,
                usual: MS / 5,
                service_time: 56 * MS,
            };
            20
        ];
    };
    let mut known = clean();
    excess(&mut known);
    assert_eq!(validity(&known), Validity::Valid);
    let unknown = |cell: &mut ObservedCell| {
        excess(cell);
        cell.strategies[1].lost = None;
    };
    assert_suspect(
        unknown,
        "response_excess",
        "the responses to async took 6.00 ms longer than the server says, of 56.0 ms in the mean, beyond 200 µs (the 10th \
         percentile of each run, as the measurement overhead was not measured): the client may have waited for a \
         processor; run on an idle machine",
    );
}

#[test]
fn what_the_system_does_not_report_is_said_and_not_suspect() {
    let mut cell = clean();
    cell.strategies[1].lost = None;
    cell.strategies[1].has_server_timing = false;
    let verdict = Verdict::for_cell(&cell);
    assert_eq!(verdict.validity, Validity::Valid);
    assert_eq!(
        verdict.unchecked,
        [
            "lost processor time: the system does not report how long threads wait for a processor",
            "lateness of the server: it reports no delays"
        ]
    );
    assert_eq!(Verdict::for_cell(&clean()).unchecked, [""; 0]);
}

#[test]
fn early_response_is_invalid() {
    assert_invalid(
        |cell| cell.early_responses = 3,
        "early_responses",
        "3 responses sent early",
    );
}

#[test]
fn saturated_client_is_suspect() {
    let message = "async used 95% of its 2 cores: the client itself was the bottleneck; lower the concurrency or use longer delays";
    let busy = |cores, share| {
        move |cell: &mut ObservedCell| {
            let wall: Duration = cell.strategies[1].walls.iter().sum();
            cell.strategies[1].cores = cores;
            cell.strategies[1].cpu = Some(wall.mul_f64(share));
            cell.strategies[1].server_cpu = None;
        }
    };
    assert_suspect(busy(2, 1.9), "client_saturated", message);
    let mut spare = clean();
    busy(2, 1.79)(&mut spare);
    assert_eq!(validity(&spare), Validity::Valid);
}

/// Neither the client nor the server saturates its core.
#[test]
fn saturated_machine_is_suspect() {
    let both = |server: f64| {
        move |cell: &mut ObservedCell| {
            let wall: Duration = cell.strategies[1].walls.iter().sum();
            cell.strategies[1].cpu = Some(wall.mul_f64(0.76));
            cell.strategies[1].server_cpu = Some(wall.mul_f64(server));
        }
    };
    assert_suspect(
        both(0.76),
        "machine_saturated",
        "async and the server used 76% of the machine's 2 cores and disturbed each other; lower the concurrency or use longer delays",
    );
    let mut spare = clean();
    both(0.6)(&mut spare);
    assert_eq!(validity(&spare), Validity::Valid);
    let mut alone = clean();
    both(0.76)(&mut alone);
    alone.strategies[1].server_cpu = None;
    assert_eq!(validity(&alone), Validity::Valid, "external server");
}

#[test]
fn busy_time_must_match_the_time_of_attempts() {
    let message = "the connections of threads were busy for 100 s, but its attempts took 97.9 s: the difference is more than \
                   2%; run on an idle machine";
    assert_suspect(
        |cell| cell.strategies[0].attempt_time = Some(97_900 * MS),
        "busy_time_mismatch",
        message,
    );
}

/// An attempt of a worker on a reused connection; times in milliseconds.
fn attempt_of(worker: usize, due: u32, sent: u32, done: u32) -> AttemptRecord {
    AttemptRecord {
        worker: Some(worker),
        due: due * MS,
        sent: sent * MS,
        reused_connection: true,
        ..crate::test_runs::record(done.into(), Outcome::Ok, None)
    }
}

#[test]
fn idle_time_between_attempts_is_no_time_of_attempts() {
    // The worker needs 1 ms for each attempt, and once it gets no processor for 30 ms.
    let mut records = vec![
        attempt_of(1, 0, 5, 10),
        attempt_of(1, 10, 11, 20),
        attempt_of(1, 20, 51, 60),
        attempt_of(1, 60, 61, 70),
    ];
    assert_eq!(busy_time(&records), Some((65 * MS, 35 * MS)));
    records[2].reused_connection = false;
    assert_eq!(busy_time(&records), Some((65 * MS, 65 * MS)), "it connects");
}

#[test]
fn metadata_that_waits_for_a_slot_makes_no_worker_idle() {
    let metadata = |worker, due, sent, done| AttemptRecord {
        kind: AttemptKind::Metadata,
        ..attempt_of(worker, due, sent, done)
    };
    let records = [
        attempt_of(1, 0, 0, 50),
        attempt_of(2, 0, 0, 50),
        attempt_of(1, 50, 50, 100),
        attempt_of(2, 50, 50, 100),
        metadata(1, 50, 100, 150),
        metadata(2, 50, 100, 150),
    ];
    assert_eq!(busy_time(&records), Some((300 * MS, 300 * MS)));
}

/// Replaces the digest of these rounds by that of a run with another delay.
fn change_rounds(
    strategy: &mut ObservedStrategy,
    rounds: impl IntoIterator<Item = usize>,
    planned: u64,
) {
    let changed = rounds.into_iter().map(|round| (round, digest(planned)));
    strategy.fates.extend(changed);
}

#[test]
fn fates_that_differ_between_strategies_in_a_round_are_invalid() {
    let (one, other) = (digest(50), digest(51));
    assert_invalid(
        |cell| change_rounds(&mut cell.strategies[1], [3], 51),
        "fates_differ",
        &format!(
            "the fates of threads and async differ in round 3 (digests {one} and {other}); the server does not treat \
             runs alike"
        ),
    );
    assert_invalid(
        |cell| change_rounds(&mut cell.strategies[0], [4, 7, 9], 51),
        "fates_differ",
        &format!(
            "the fates of threads and async differ in rounds 4, 7 and 9 (round 4: digests {other} and {one}); the \
             server does not treat runs alike"
        ),
    );
}

/// Both strategies meet the same two fates equally often, but not in the same rounds.
#[test]
fn fates_swapped_between_strategies_in_each_round_are_invalid() {
    let (one, other) = (digest(50), digest(51));
    assert_invalid(
        |cell| {
            change_rounds(&mut cell.strategies[0], (1..=20).step_by(2), 51);
            change_rounds(&mut cell.strategies[1], (2..=20).step_by(2), 51);
        },
        "fates_differ",
        &format!(
            "the fates of threads and async differ in 20 of 20 rounds (round 1: digests {other} and {one}); the server \
             does not treat runs alike"
        ),
    );
}

#[test]
fn fates_that_change_between_rounds_are_invalid() {
    let (one, other) = (digest(50), digest(51));
    let message = format!(
        "the fates of threads and async differ from those of round 1 in rounds 19 and 20 (round 19: digests {one} and \
         {other}); "
    );
    let change = |cell: &mut ObservedCell| {
        for strategy in &mut cell.strategies {
            change_rounds(strategy, [19, 20], 51);
        }
    };
    assert_invalid(
        change,
        "fates_differ",
        &format!("{message}the server does not treat runs alike"),
    );
    assert_invalid(
        |cell| {
            change(cell);
            cell.has_time_windows = true;
        },
        "fates_differ",
        &format!(
            "{message}a rule's time window begins or ends during the runs, so that fates depend on timing; leave out \
             `from` and `to`"
        ),
    );
}

/// Bodies of this total length in each of 20 rounds; their digest is that of a delay, for want of bodies.
fn bodies(planned: u64, bytes: u64) -> BTreeMap<usize, ComparedBodies> {
    let digest = digest(planned);
    (1..=20)
        .map(|round| (round, ComparedBodies { digest, bytes }))
        .collect()
}

#[test]
fn bodies_of_other_lengths_in_a_round_are_invalid() {
    let (one, other) = (digest(1), digest(2));
    let larger = |cell: &mut ObservedCell| {
        cell.strategies
            .iter_mut()
            .for_each(|one| one.bodies = bodies(1, 860));
        cell.strategies[1]
            .bodies
            .insert(3, bodies(2, 40_000_000)[&3]);
    };
    let message = format!(
        "the bodies of threads and async differ in round 3 (digests {one} and {other}); the server sent 860 to 40000000 \
         bytes to a run"
    );
    assert_invalid(larger, "bodies_differ", &message);
    let mut fates_too = clean();
    larger(&mut fates_too);
    change_rounds(&mut fates_too.strategies[1], [3], 51);
    let reasons = Verdict::for_cell(&fates_too).reasons;
    assert_eq!(
        reasons.len(),
        1,
        "different fates explain different bodies: {reasons:?}"
    );
}

#[test]
fn other_bodies_of_about_the_same_length_are_suspect() {
    let (one, other) = (digest(1), digest(2));
    let message = format!(
        "the bodies of threads and async differ in 20 of 20 rounds (round 1: digests {one} and {other}); the server sent "
    );
    for (bytes, lengths) in [
        (1000, "1000 bytes to every run"),
        (1010, "1000 to 1010 bytes to a run"),
    ] {
        let change = |cell: &mut ObservedCell| {
            cell.strategies[0].bodies = bodies(1, 1000);
            cell.strategies[1].bodies = bodies(2, bytes);
        };
        assert_suspect(change, "bodies_differ", &format!("{message}{lengths}"));
    }
}

#[test]
fn round_that_one_strategy_lacks_is_not_compared() {
    let mut cell = clean();
    cell.strategies[1].fates.remove(&20);
    assert_eq!(validity(&cell), Validity::Valid);
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
        "threads was faster than the planned delays allow: efficiency 1.020; did the server apply the delays that it \
         reported?",
    );
}

#[test]
fn drifting_rounds_are_suspect() {
    let drift = |percent: u32| {
        move |cell: &mut ObservedCell| {
            let walls = (0..20).map(|round| 1000 * MS + round * percent * MS / 2);
            cell.strategies[0].walls = walls.collect();
        }
    };
    assert_suspect(
        drift(10),
        "rounds_drift",
        "threads: the last third of the rounds took 6.9% longer than the first third (p = 8.68e-10, \
         Mann-Kendall test); run on an idle machine",
    );
    let mut steady = clean();
    drift(1)(&mut steady);
    assert_eq!(
        validity(&steady),
        Validity::Valid,
        "the drift is too small to matter"
    );
}

/// p is 0.0075 for these wall times: significant for one strategy, but not for two.
#[test]
fn drift_is_corrected_for_the_number_of_strategies() {
    let mut cell = clean();
    let walls = [
        1000, 1010, 1040, 1020, 1030, 1060, 1070, 1050, 1090, 1080, 1035, 1075,
    ];
    cell.strategies[0].walls = walls.map(|wall| wall * MS).into();
    assert_eq!(validity(&cell), Validity::Valid);
    cell.strategies.truncate(1);
    assert_eq!(Verdict::for_cell(&cell).reasons[0].label, "rounds_drift");
}

#[test]
fn fewer_than_5_rounds_are_suspect_and_missing_rounds_invalid() {
    let message = "4 rounds; a confidence interval needs 5; raise --rounds";
    assert_suspect(
        |cell| (cell.rounds, cell.requested_rounds) = (4, 4),
        "few_rounds",
        message,
    );
    assert_invalid(
        |cell| cell.rounds = 19,
        "rounds_missing",
        "only 19 of 20 rounds were completed",
    );
    // More rounds would not help a comparison that was aborted after one.
    assert_invalid(
        |cell| cell.rounds = 1,
        "rounds_missing",
        "only 1 of 20 rounds was completed",
    );
}

#[test]
fn unknown_fates_are_suspect() {
    let nothing = |cell: &mut ObservedCell| {
        for strategy in &mut cell.strategies {
            strategy.fates.clear();
            strategy.timing_dependent_attempts = 40;
        }
    };
    assert_suspect(
        nothing,
        "fates_unknown",
        "cannot tell whether the fates were the same: each of the 80 attempts was timing-dependent in at least one \
         trial",
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
fn unknown_delays_are_no_reason_and_not_checked() {
    let mut cell = clean();
    cell.has_unknown_delays = true;
    for strategy in &mut cell.strategies {
        strategy.fates.clear();
        strategy.timing_dependent_attempts = 40;
    }
    let verdict = Verdict::for_cell(&cell);
    assert_eq!(verdict.validity, Validity::Valid);
    let sentence = "lateness of the server, and whether all strategies met the same delays: it reports no delays";
    assert_eq!(verdict.unchecked, [sentence]);
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
