//! Retries: records and ledger agree. Their order and number are tested by simulation.

use super::{MS, by_download, labels, run_all, server_with_rule, tries};
use flagpole_client::Workload;
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
