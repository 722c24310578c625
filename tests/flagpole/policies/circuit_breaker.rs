//! Attempts that the circuit breaker holds back are records, and requests of no ledger.

use super::{MS, run_all, server_with_rule, tries};
use flagpole_client::Workload;
use flagpole_client::policy::{CircuitBreakerConfig, Policy};
use flagpole_fixtures::populous;
use flagpole_protocol::Outcome;
use flagpole_server::Rule;

#[test]
fn downloads_succeed_although_the_circuit_breaker_opens_and_the_ledger_has_what_was_sent() {
    let mut policy = Policy {
        circuit_breaker: Some(CircuitBreakerConfig {
            failure_ratio: 0.5,
            window: 4,
            open_time: 20 * MS,
        }),
        ..tries(100)
    };
    (policy.retry.base_delay, policy.retry.max_delay) = (10 * MS, 40 * MS);
    let first_fails = Rule::default().first(1).fault("503".parse().unwrap());
    let workload = Workload::flags(populous::TOP_20);
    let (runs, ledger) = run_all(&policy, &workload, server_with_rule(first_fails));
    let mut sent = 0;
    for (combo, run) in &runs {
        assert_eq!(run.stats.ok, 20, "{}", combo.name());
        assert!(run.stats.circuit_openings > 0, "{}", combo.name());
        for record in &run.records {
            let is_rejected = record.outcome == Outcome::CircuitOpen;
            assert!(record.status.is_some() != is_rejected, "{record:?}");
            assert!(!is_rejected || record.sent >= record.due && record.bytes == 0);
            sent += u64::from(!is_rejected);
        }
    }
    assert_eq!(ledger.requests, sent);
}
