//! Every policy under every strategy and transport, against a server whose journal says what
//! happened.

use crate::agreement_util::{TestRun, assert_agree};
use crate::combos::{codes, concurrency, with_every_combo};
use crate::servers::seeded_server;
use flagpole_analysis::bound::Bound;
use flagpole_client::policy::{Hedge, HedgeDelay, Policy, Retry, RetryBudgetConfig};
use flagpole_client::{Endpoint, Run, Workload};
use flagpole_fixtures::populous;
use flagpole_protocol::Resource;
use flagpole_protocol::{AttemptKind, AttemptRecord, MeasuredRun};
use flagpole_protocol::{FateKey, Ledger};
use flagpole_server::BlockingServer;
use flagpole_server::{Rule, RuleSet};
use proptest::prelude::*;
use std::fmt::Debug;
use std::time::Duration;

const GRACE: Duration = Duration::from_secs(20);
const MS: Duration = Duration::from_millis(1);

/// A timeout that must not expire.
const LONG_TIMEOUT: Duration = Duration::from_secs(20);

/// A policy of at most `attempts` tries with short backoffs.
fn tries(attempts: u32) -> Policy {
    Policy {
        retry: Retry {
            max_attempts: attempts,
            base_delay: MS,
            max_delay: 4 * MS,
            seed: 7,
            ..Retry::default()
        },
        ..Policy::default()
    }
}

fn server_with_rule(rule: Rule) -> BlockingServer {
    let builder = BlockingServer::builder()
        .journal_capacity(100_000)
        .rule(rule);
    builder.start().unwrap()
}

fn rule(first: u32, fault: &str) -> Rule {
    Rule::default().first(first).fault(fault.parse().unwrap())
}

fn delayed(n: &str, latency: &str) -> Rule {
    let rule = Rule::default().n(n.parse().unwrap());
    rule.latency(latency.parse().unwrap())
}

/// Runs every combo under this policy, and checks the records against the ledger.
fn run_all(policy: &Policy, workload: &Workload, server: BlockingServer) -> (Vec<TestRun>, Ledger) {
    let endpoint = Endpoint::from(server.addr());
    let runs = with_every_combo(|combo| {
        let run = Run::new(workload, &endpoint).concurrency(concurrency(4));
        (combo, combo.measure(run.policy(policy.clone())))
    });
    let ledger = server.shutdown(GRACE);
    assert_agree(&runs, &ledger);
    (runs, ledger)
}

/// The attempts of each download, in order.
fn by_download(run: &MeasuredRun) -> Vec<Vec<&AttemptRecord>> {
    let count = run.records.iter().map(|record| record.download).max();
    let mut downloads = vec![Vec::new(); count.unwrap()];
    for record in &run.records {
        downloads[record.download - 1].push(record);
    }
    for attempts in &mut downloads {
        attempts.sort_by_key(|record| record.attempt);
    }
    downloads
}

fn labels(records: &[&AttemptRecord]) -> Vec<String> {
    let label = |record: &&AttemptRecord| record.outcome.label().into_owned();
    records.iter().map(label).collect()
}

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
        assert_eq!(retry.backoff, drawn);
        assert_eq!(retry.due, previous.done + retry.backoff);
        assert!(retry.sent >= retry.due, "{retry:?}");
    }
}

#[test]
fn third_try_succeeds_after_two_failures() {
    let workload = Workload::flags(populous::TOP_20);
    let (runs, ledger) = run_all(&tries(3), &workload, server_with_rule(rule(2, "500")));
    for (combo, run) in &runs {
        for records in by_download(run) {
            let expected = ["http_500", "http_500", "ok"];
            assert_eq!(labels(&records), expected, "{}", combo.name());
        }
        let stats = &run.stats;
        assert_eq!((stats.ok, stats.error, stats.retries), (20, 0, 40));
        assert_eq!((stats.attempts(), stats.unstarted), (60, 0));
        let errors = &stats.outcomes["http_500"];
        assert_eq!((errors.attempts, errors.downloads), (40, 0));
        assert_eq!(
            stats.wasted_bytes,
            40 * 26,
            "the name of the status is a body"
        );
        let backoff: Duration = run.records.iter().map(|record| record.backoff).sum();
        assert_eq!(stats.backoff, backoff);
        // At most 1 ms before the first retry and 2 ms before the second.
        assert!(stats.backoff > Duration::ZERO && stats.backoff <= 60 * MS);
    }
    assert_eq!(ledger.by_status[&500], 40 * runs.len() as u64);
    assert_eq!(ledger.by_status[&200], 20 * runs.len() as u64);
}

#[test]
fn retries_stop_at_max_attempts() {
    let workload = Workload::flags(populous::TOP_20);
    let (runs, ledger) = run_all(&tries(3), &workload, server_with_rule(rule(3, "reset")));
    for (_, run) in &runs {
        let reset = &run.stats.outcomes["connection_reset"];
        assert_eq!((reset.attempts, reset.downloads), (60, 20));
        assert_eq!((run.stats.ok, run.stats.error), (0, 20));
    }
    assert_eq!(ledger.requests, 60 * runs.len() as u64);
}

#[test]
fn not_found_is_never_retried() {
    let mut policy = tries(5);
    policy.retry.statuses = vec![404, 410];
    let workload = Workload::flags(codes("AA BR US"));
    let (runs, ledger) = run_all(&policy, &workload, server_with_rule(rule(9, "404")));
    for (_, run) in &runs {
        assert_eq!((run.stats.not_found, run.stats.attempts()), (3, 3));
    }
    assert_eq!(ledger.requests, 3 * runs.len() as u64);
}

#[test]
fn retry_after_delays_the_retry() {
    let workload = Workload::flags(codes("BR US"));
    let (runs, _) = run_all(
        &tries(2),
        &workload,
        server_with_rule(rule(1, "503,retry-after=1s")),
    );
    for (_, run) in &runs {
        assert_eq!((run.stats.ok, run.stats.retries), (2, 2));
        for records in by_download(run) {
            let (asked, drawn) = (Duration::from_secs(1), MS);
            assert!((asked..=asked + drawn).contains(&records[1].backoff));
            assert!(records[1].sent >= records[0].done + Duration::from_secs(1));
        }
    }
}

#[test]
fn retry_after_is_capped() {
    let mut policy = tries(2);
    policy.retry.max_retry_after = 20 * MS;
    let workload = Workload::flags(codes("BR US"));
    let (runs, _) = run_all(
        &policy,
        &workload,
        server_with_rule(rule(1, "429,retry-after=1h")),
    );
    for (_, run) in &runs {
        let (granted, drawn) = (40 * MS, 2 * MS);
        assert_eq!(run.stats.ok, 2);
        assert!((granted..=granted + drawn).contains(&run.stats.backoff));
    }
}

#[test]
fn retry_budget_bounds_retries() {
    let mut policy = tries(10);
    policy.budget = Some(RetryBudgetConfig {
        ratio: 0.1,
        min_retries: 3,
    });
    let workload = Workload::flags(populous::TOP_20);
    let (runs, ledger) = run_all(&policy, &workload, server_with_rule(rule(10, "500")));
    for (combo, run) in &runs {
        // 3 at first, plus a tenth of the 20 first tries; a retry that is due too early for those
        // is dropped.
        let retries = run.stats.retries;
        assert!((3..=5).contains(&retries), "{}: {retries}", combo.name());
        assert_eq!(run.stats.error, 20);
    }
    let tries: u64 = runs.iter().map(|(_, run)| run.stats.attempts()).sum();
    assert_eq!(ledger.requests, tries);
}

fn hedged_after(after: Duration) -> Policy {
    Policy {
        hedge: Some(Hedge {
            delay: HedgeDelay::Fixed(after),
            max_ratio: 1.0,
        }),
        ..Policy::default()
    }
}

#[test]
fn winning_hedge_cancels_the_hedged_attempt() {
    // Without retries the first attempt has number 1 and its hedge number 2.
    let (workload, server) = (
        Workload::flags(codes("BR US")),
        server_with_rule(delayed("1", "1h")),
    );
    let endpoint = Endpoint::from(server.addr());
    let runs = with_every_combo(|combo| {
        // Each hedge needs a free connection. With concurrency 1 only the timeout ends the attempt.
        let run = Run::new(&workload, &endpoint).concurrency(concurrency(4));
        let run = run.policy(hedged_after(30 * MS)).timeout(LONG_TIMEOUT);
        let is_concurrent = combo.strategy.is_concurrent();
        is_concurrent.then(|| (combo, combo.measure(run)))
    });
    let runs: Vec<TestRun> = runs.into_iter().flatten().collect();
    let ledger = server.shutdown(GRACE);
    assert_agree(&runs, &ledger);
    for (combo, run) in &runs {
        for records in by_download(run) {
            assert_eq!(labels(&records), ["hedge_lost", "ok"], "{}", combo.name());
            let summary =
                |record: &AttemptRecord| (record.kind, record.request_number, record.is_final);
            assert_eq!(summary(records[0]), (AttemptKind::First, 1, false));
            assert_eq!(summary(records[1]), (AttemptKind::Hedge, 2, true));
            assert!(records[1].sent >= records[0].due + 30 * MS);
        }
        let stats = &run.stats;
        assert_eq!((stats.ok, stats.error, stats.hedges), (2, 0, 2));
        assert!(run.wall < LONG_TIMEOUT / 2, "the loser is not waited for");
        assert_eq!(Bound::for_run(run), None, "no bound holds for a hedged run");
    }
    let each = 2 * runs.len() as u64;
    let sums = (ledger.requests, ledger.completed, ledger.aborted);
    assert_eq!(sums, (2 * each, each, each), "losers are cancelled");
    let is_first_given_up = |entry: &flagpole_protocol::JournalEntry| {
        entry.completed == (entry.request_number == Some(2))
    };
    assert!(ledger.entries.iter().all(is_first_given_up));
}

#[test]
fn losing_hedge_is_cancelled() {
    let builder = BlockingServer::builder().journal_capacity(100_000);
    let server = builder.rule(delayed("1", "400ms")).rule(delayed("2", "1h"));
    let server = server.start().unwrap();
    let workload = Workload::flags(codes("BR"));
    let (runs, ledger) = {
        let policy = hedged_after(20 * MS);
        let (runs, ledger) = run_all(&policy, &workload, server);
        let is_concurrent = |(combo, _): &TestRun| combo.strategy.is_concurrent();
        (
            runs.into_iter().filter(is_concurrent).collect::<Vec<_>>(),
            ledger,
        )
    };
    for (combo, run) in &runs {
        let records = &by_download(run)[0];
        assert_eq!(labels(records), ["ok", "hedge_lost"], "{}", combo.name());
        assert_eq!((run.stats.ok, run.stats.hedges), (1, 1));
    }
    assert_eq!(ledger.aborted, runs.len() as u64);
}

#[test]
fn hedge_ratio_bounds_hedges() {
    let mut policy = hedged_after(5 * MS);
    policy.hedge = policy.hedge.map(|hedge| Hedge {
        max_ratio: 0.1,
        ..hedge
    });
    let workload = Workload::flags(populous::TOP_20);
    let (runs, _) = run_all(&policy, &workload, server_with_rule(delayed("1..", "20ms")));
    for (combo, run) in runs {
        assert!(
            run.stats.hedges <= 2,
            "{}: {}",
            combo.name(),
            run.stats.hedges
        );
        assert_eq!(run.stats.ok, 20);
    }
}

#[test]
fn reuse_bounds_the_number_of_connections() {
    let workload = Workload::flags(populous::TOP_20);
    with_every_combo(|combo| {
        for reuse in [true, false] {
            let server = server_with_rule(Rule::default());
            let endpoint = Endpoint::from(server.addr());
            let policy = Policy {
                reuse,
                ..Policy::default()
            };
            let run = Run::new(&workload, &endpoint).concurrency(concurrency(4));
            let run = combo.measure(run.policy(policy));
            let ledger = server.shutdown(GRACE);
            let reused = run
                .records
                .iter()
                .filter(|record| record.reused_connection)
                .count() as u64;
            assert_eq!(ledger.connections + reused, 20, "{}", combo.name());
            if reuse {
                assert!((1..=4).contains(&ledger.connections), "{}", combo.name());
            } else {
                assert_eq!(ledger.connections, 20, "{}", combo.name());
            }
            assert_eq!((run.stats.ok, ledger.completed), (20, 20));
        }
    });
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
