//! Retries have consecutive request numbers, and the same fates and backoffs under every strategy.

use super::{by_download, labels, run_all, tries};
use crate::combos::{concurrency, with_every_combo};
use crate::servers::seeded_server;
use flagpole_client::policy::Retry;
use flagpole_client::{Endpoint, Run, Workload};
use flagpole_fixtures::populous;
use flagpole_protocol::{AttemptKind, AttemptRecord, FateKey, MeasuredRun, Resource};
use flagpole_server::RuleSet;
use proptest::prelude::*;
use std::fmt::Debug;
use std::time::Duration;

/// The client's outcome label for the fate of this request.
fn expected_label(rules: &RuleSet, resource: Resource, request_number: u64) -> &'static str {
    let fate = rules.fate(&FateKey::from(resource), request_number);
    match fate.fault.as_deref() {
        None => "ok",
        Some("404") => "not_found",
        Some("500") => "http_500",
        Some("501") => "http_501",
        Some("reset:300") => "connection_reset",
        Some("cut:50%") => "incomplete_body",
        Some("corrupt") => "corrupt",
        Some("empty") => "empty_reply",
        Some("garbage") => "protocol_error",
        Some(other) => panic!("no label for the fault `{other}`"),
    }
}

/// The expected labels of a download whose first try has number `first`.
fn expected_labels(
    rules: &RuleSet,
    resource: Resource,
    first: u64,
    attempts: u32,
) -> Vec<&'static str> {
    let mut labels = Vec::new();
    for request_number in first..first + u64::from(attempts) {
        let label = expected_label(rules, resource, request_number);
        labels.push(label);
        // Restates the policy's rule on purpose.
        if ["ok", "not_found", "protocol_error", "http_501"].contains(&label) {
            break;
        }
    }
    labels
}

#[test]
fn retries_use_consecutive_request_numbers() {
    const FAULTS: &str =
        "500@20% reset:300@10% cut:50%@10% corrupt@10% empty@10% 404@5% 501@5% garbage@5%";
    let (attempts, workload) = (
        4,
        Workload::flags(populous::TOP_20.into_iter().chain(populous::TOP_20)),
    );
    let specs = FAULTS.split(' ').map(|fault| fault.parse().unwrap());
    let rules = RuleSet::without_rules(5, "0".parse().unwrap(), specs.collect()).unwrap();
    let policy = tries(attempts);
    let (runs, _) = run_all(&policy, &workload, seeded_server(5, "0", FAULTS));
    for (combo, run) in runs {
        for (download, records) in workload.downloads.iter().zip(by_download(&run)) {
            let first = (download.request_number - 1) * u64::from(attempts) + 1;
            let expected = expected_labels(&rules, download.resource, first, attempts);
            assert_eq!(
                labels(&records),
                expected,
                "{}, {:?}",
                combo.name(),
                download
            );
            for (request_number, record) in (first..).zip(&records) {
                assert_eq!(
                    (record.resource, record.request_number),
                    (download.resource, request_number)
                );
                let is_last =
                    usize::try_from(request_number - first).unwrap() + 1 == expected.len();
                assert_eq!(record.is_final, is_last);
            }
            assert_backed_off(&policy.retry, &records);
        }
        let tries: usize = run.records.len();
        assert_eq!(run.stats.retries, (tries - workload.downloads.len()) as u64);
    }
}

/// Each backoff is the one that the policy draws, and no retry is sent before its backoff has
/// passed.
fn assert_backed_off(policy: &Retry, records: &[&AttemptRecord]) {
    assert_eq!(
        (records[0].kind, records[0].backoff),
        (AttemptKind::First, Duration::ZERO)
    );
    for (failures, pair) in (1..).zip(records.windows(2)) {
        let [previous, retry] = pair else {
            unreachable!()
        };
        assert_eq!(
            (retry.kind, retry.attempt),
            (AttemptKind::Retry, failures + 1)
        );
        assert!(retry.backoff <= policy.max_delay_for(failures));
        let drawn = policy.backoff(previous.resource, previous.request_number, failures, None);
        assert_eq!(Some(retry.backoff), drawn);
        assert_eq!(retry.due, previous.done + retry.backoff);
        assert!(retry.sent >= retry.due, "{retry:?}");
    }
}

/// The parts of a run that do not depend on timing.
fn timing_independent(run: &MeasuredRun) -> impl PartialEq + Debug {
    let attempt = |record: &AttemptRecord| {
        let (place, number) = ((record.download, record.attempt), record.request_number);
        let outcome = record.outcome.label().into_owned();
        (
            place,
            record.kind,
            number,
            outcome,
            record.is_final,
            record.bytes,
        )
    };
    let mut attempts: Vec<_> = run.records.iter().map(attempt).collect();
    attempts.sort_unstable();
    let stats = &run.stats;
    let downloads = (stats.ok, stats.not_found, stats.error, stats.unstarted);
    (attempts, downloads, stats.retries, stats.redirects)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn retries_and_redirects_are_the_same_under_every_strategy(
        seed: u64,
        attempts in 1..=4_u32,
        limit in 1..=12_usize,
    ) {
        let server = seeded_server(
            seed,
            "uniform:0..2ms",
            "500@20% cut:50%@10% corrupt@10% 404@10% redirect:2@15% redirect@5%",
        );
        let workload = Workload::flags(populous::TOP_20[..12].to_vec());
        let (endpoint, policy) = (Endpoint::from(server.addr()), tries(attempts));
        let runs = with_every_combo(|combo| {
            let run = Run::new(&workload, &endpoint).concurrency(concurrency(limit));
            combo.measure(run.policy(policy.clone()))
        });
        for run in &runs {
            prop_assert_eq!(timing_independent(run), timing_independent(&runs[0]), "{}", run.strategy);
        }
    }
}
