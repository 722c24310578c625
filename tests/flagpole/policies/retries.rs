//! Retries: their number, `Retry-After`, and the budget.

use super::{MS, by_download, labels, run_all, server_with_rule, tries};
use crate::combos::codes;
use flagpole_client::Workload;
use flagpole_client::policy::RetryBudgetConfig;
use flagpole_fixtures::populous;
use flagpole_server::Rule;
use std::time::Duration;

fn rule(first: u32, fault: &str) -> Rule {
    Rule::default().first(first).fault(fault.parse().unwrap())
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
