//! Every policy under every strategy and transport, against a server that says what it did: retries meet
//! the fates that were theirs, hedges are paid for and told, and nobody asks more often than allowed.

use crate::agreement_util::{TestRun, assert_agree};
use crate::combos::{codes, in_every_way, lanes};
use crate::servers::seeded;
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

/// The time of an exchange that is not to be struck by it.
const PATIENT: Duration = Duration::from_secs(20);

/// Up to so many tries, each soon after the other.
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

/// A flagpole with this rule, which remembers every request.
fn ruled(rule: Rule) -> BlockingServer {
    let builder = BlockingServer::builder()
        .journal_capacity(100_000)
        .rule(rule);
    builder.start().unwrap()
}

fn rule(first: u32, fault: &str) -> Rule {
    Rule::default().first(first).fault(fault.parse().unwrap())
}

fn slow(n: &str, latency: &str) -> Rule {
    let rule = Rule::default().n(n.parse().unwrap());
    rule.latency(latency.parse().unwrap())
}

/// Carries the plan out in every way under this policy, and holds the records against the ledger.
fn under(policy: &Policy, plan: &Workload, server: BlockingServer) -> (Vec<TestRun>, Ledger) {
    let endpoint = Endpoint::from(server.addr());
    let runs = in_every_way(|way| {
        let run = Run::new(plan, &endpoint).concurrency(lanes(4));
        (way, way.measure(run.policy(policy.clone())))
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

/// What the server has in store for the request number `request_number`, in the client's word for it.
fn in_store(rulebook: &RuleSet, resource: Resource, request_number: u64) -> &'static str {
    let fate = rulebook.fate(&FateKey::from(resource), request_number);
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
        Some(other) => panic!("what does `{other}` come to?"),
    }
}

/// The labels of a download's attempts, if it fails in these ways at tries from this n on.
fn chain(rulebook: &RuleSet, resource: Resource, first: u64, attempts: u32) -> Vec<&'static str> {
    let mut labels = Vec::new();
    for request_number in first..first + u64::from(attempts) {
        let label = in_store(rulebook, resource, request_number);
        labels.push(label);
        // Said here once more, in other words than the policy's own.
        if ["ok", "not_found", "protocol_error", "http_501"].contains(&label) {
            break;
        }
    }
    labels
}

#[test]
fn retries_meet_the_fates_that_were_theirs() {
    const FAULTS: &str =
        "500@20% reset:300@10% cut:50%@10% corrupt@10% empty@10% 404@5% 501@5% garbage@5%";
    let (attempts, plan) = (
        4,
        Workload::flags(populous::TWENTY.into_iter().chain(populous::TWENTY)),
    );
    let specs = FAULTS.split(' ').map(|fault| fault.parse().unwrap());
    let rulebook = RuleSet::without_rules(5, "0".parse().unwrap(), specs.collect()).unwrap();
    let policy = tries(attempts);
    let (runs, _) = under(&policy, &plan, seeded(5, "0", FAULTS));
    for (way, run) in runs {
        for (job, records) in plan.downloads.iter().zip(by_download(&run)) {
            let first = (job.request_number - 1) * u64::from(attempts) + 1;
            let expected = chain(&rulebook, job.resource, first, attempts);
            assert_eq!(labels(&records), expected, "{}, {:?}", way.name(), job);
            for (request_number, record) in (first..).zip(&records) {
                assert_eq!(
                    (record.resource, record.request_number),
                    (job.resource, request_number)
                );
                let is_last =
                    usize::try_from(request_number - first).unwrap() + 1 == expected.len();
                assert_eq!(record.is_final, is_last);
            }
            assert_backed_off(&policy.retry, &records);
        }
        let tries: usize = run.records.len();
        assert_eq!(run.stats.retries, (tries - plan.downloads.len()) as u64);
    }
}

/// Before each retry is waited as long as is drawn for it, within the bounds, and no shorter.
fn assert_backed_off(retry: &Retry, records: &[&AttemptRecord]) {
    assert_eq!(
        (records[0].kind, records[0].backoff),
        (AttemptKind::First, Duration::ZERO)
    );
    for (failures, pair) in (1..).zip(records.windows(2)) {
        let [failed, again] = pair else {
            unreachable!()
        };
        assert_eq!(
            (again.kind, again.attempt),
            (AttemptKind::Retry, failures + 1)
        );
        assert!(again.backoff <= retry.max_delay_for(failures));
        let drawn = retry.backoff(failed.resource, failed.request_number, failures, None);
        assert_eq!(again.backoff, drawn);
        assert_eq!(again.due, failed.done + again.backoff);
        assert!(again.sent >= again.due, "{again:?}");
    }
}

#[test]
fn what_fails_twice_and_then_succeeds_ends_well() {
    let plan = Workload::flags(populous::TWENTY);
    let (runs, ledger) = under(&tries(3), &plan, ruled(rule(2, "500")));
    for (way, run) in &runs {
        for records in by_download(run) {
            let expected = ["http_500", "http_500", "ok"];
            assert_eq!(labels(&records), expected, "{}", way.name());
        }
        let tally = &run.stats;
        assert_eq!((tally.ok, tally.error, tally.retries), (20, 0, 40));
        assert_eq!((tally.attempts(), tally.unstarted), (60, 0));
        let five = &tally.outcomes["http_500"];
        assert_eq!((five.attempts, five.downloads), (40, 0));
        assert_eq!(
            tally.wasted_bytes,
            40 * 26,
            "the name of the status is a body"
        );
        let waited: Duration = run.records.iter().map(|record| record.backoff).sum();
        assert_eq!(tally.backoff, waited);
        // 1 ms before the first retry at most, and 2 ms before the second.
        assert!(tally.backoff > Duration::ZERO && tally.backoff <= 60 * MS);
    }
    assert_eq!(ledger.by_status[&500], 40 * runs.len() as u64);
    assert_eq!(ledger.by_status[&200], 20 * runs.len() as u64);
}

#[test]
fn the_tries_come_to_an_end() {
    let plan = Workload::flags(populous::TWENTY);
    let (runs, ledger) = under(&tries(3), &plan, ruled(rule(3, "reset")));
    for (_, run) in &runs {
        let reset = &run.stats.outcomes["connection_reset"];
        assert_eq!((reset.attempts, reset.downloads), (60, 20));
        assert_eq!((run.stats.ok, run.stats.error), (0, 20));
    }
    assert_eq!(ledger.requests, 60 * runs.len() as u64);
}

#[test]
fn what_is_not_there_is_never_asked_for_again() {
    let mut policy = tries(5);
    policy.retry.statuses = vec![404, 410];
    let plan = Workload::flags(codes("AA BR US"));
    let (runs, ledger) = under(&policy, &plan, ruled(rule(9, "404")));
    for (_, run) in &runs {
        assert_eq!((run.stats.not_found, run.stats.attempts()), (3, 3));
    }
    assert_eq!(ledger.requests, 3 * runs.len() as u64);
}

#[test]
fn a_server_that_asks_for_time_gets_it() {
    let plan = Workload::flags(codes("BR US"));
    let (runs, _) = under(&tries(2), &plan, ruled(rule(1, "503,retry-after=1s")));
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
fn a_server_that_asks_for_an_hour_gets_as_much_as_is_granted() {
    let mut policy = tries(2);
    policy.retry.max_retry_after = 20 * MS;
    let plan = Workload::flags(codes("BR US"));
    let (runs, _) = under(&policy, &plan, ruled(rule(1, "429,retry-after=1h")));
    for (_, run) in &runs {
        let (granted, drawn) = (40 * MS, 2 * MS);
        assert_eq!(run.stats.ok, 2);
        assert!((granted..=granted + drawn).contains(&run.stats.backoff));
    }
}

#[test]
fn retries_stay_within_their_budget() {
    let mut policy = tries(10);
    policy.budget = Some(RetryBudgetConfig {
        ratio: 0.1,
        min_retries: 3,
    });
    let plan = Workload::flags(populous::TWENTY);
    let (runs, ledger) = under(&policy, &plan, ruled(rule(10, "500")));
    for (way, run) in &runs {
        // 3 from the beginning, and a tenth of 20 first tries; who comes too early for those goes
        // without.
        let retries = run.stats.retries;
        assert!((3..=5).contains(&retries), "{}: {retries}", way.name());
        assert_eq!(run.stats.error, 20);
    }
    let tries: u64 = runs.iter().map(|(_, run)| run.stats.attempts()).sum();
    assert_eq!(ledger.requests, tries);
}

/// After this time, and as many as there is reason for.
fn hedged(after: Duration) -> Policy {
    Policy {
        hedge: Some(Hedge {
            delay: HedgeDelay::Fixed(after),
            max_ratio: 1.0,
        }),
        ..Policy::default()
    }
}

#[test]
fn a_hedge_wins_and_what_it_hedged_is_given_up() {
    // Without retries n is 1, and that of the hedge is 2.
    let (plan, server) = (Workload::flags(codes("BR US")), ruled(slow("1", "1h")));
    let endpoint = Endpoint::from(server.addr());
    let runs = in_every_way(|way| {
        // A lane for each hedge beside what it hedges. On a single one there is no way out but the
        // timeout.
        let run = Run::new(&plan, &endpoint).concurrency(lanes(4));
        let run = run.policy(hedged(30 * MS)).timeout(PATIENT);
        let is_concurrent = way.strategy.is_concurrent();
        is_concurrent.then(|| (way, way.measure(run)))
    });
    let runs: Vec<TestRun> = runs.into_iter().flatten().collect();
    let ledger = server.shutdown(GRACE);
    assert_agree(&runs, &ledger);
    for (way, run) in &runs {
        for records in by_download(run) {
            assert_eq!(labels(&records), ["hedge_lost", "ok"], "{}", way.name());
            let told =
                |record: &AttemptRecord| (record.kind, record.request_number, record.is_final);
            assert_eq!(told(records[0]), (AttemptKind::First, 1, false));
            assert_eq!(told(records[1]), (AttemptKind::Hedge, 2, true));
            assert!(records[1].sent >= records[0].due + 30 * MS);
        }
        let tally = &run.stats;
        assert_eq!((tally.ok, tally.error, tally.hedges), (2, 0, 2));
        assert!(run.wall < PATIENT / 2, "the loser is not waited for");
        assert_eq!(
            Bound::for_run(&run),
            None,
            "no bound holds for a hedged run"
        );
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
fn a_hedge_that_comes_too_late_is_given_up_itself() {
    let builder = BlockingServer::builder().journal_capacity(100_000);
    let server = builder.rule(slow("1", "400ms")).rule(slow("2", "1h"));
    let server = server.start().unwrap();
    let plan = Workload::flags(codes("BR"));
    let (runs, ledger) = {
        let policy = hedged(20 * MS);
        let (runs, ledger) = under(&policy, &plan, server);
        let is_concurrent = |(way, _): &TestRun| way.strategy.is_concurrent();
        (
            runs.into_iter().filter(is_concurrent).collect::<Vec<_>>(),
            ledger,
        )
    };
    for (way, run) in &runs {
        let records = &by_download(run)[0];
        assert_eq!(labels(records), ["ok", "hedge_lost"], "{}", way.name());
        assert_eq!((run.stats.ok, run.stats.hedges), (1, 1));
    }
    assert_eq!(ledger.aborted, runs.len() as u64);
}

#[test]
fn hedges_stay_within_their_share() {
    let mut policy = hedged(5 * MS);
    policy.hedge = policy.hedge.map(|hedge| Hedge {
        max_ratio: 0.1,
        ..hedge
    });
    let plan = Workload::flags(populous::TWENTY);
    let (runs, _) = under(&policy, &plan, ruled(slow("1..", "20ms")));
    for (way, run) in runs {
        assert!(
            run.stats.hedges <= 2,
            "{}: {}",
            way.name(),
            run.stats.hedges
        );
        assert_eq!(run.stats.ok, 20);
    }
}

#[test]
fn a_connection_serves_one_request_or_as_many_as_there_are() {
    let plan = Workload::flags(populous::TWENTY);
    in_every_way(|way| {
        for reuse in [true, false] {
            let server = ruled(Rule::default());
            let endpoint = Endpoint::from(server.addr());
            let policy = Policy {
                reuse,
                ..Policy::default()
            };
            let run = Run::new(&plan, &endpoint).concurrency(lanes(4));
            let run = way.measure(run.policy(policy));
            let ledger = server.shutdown(GRACE);
            let reused = run
                .records
                .iter()
                .filter(|record| record.reused_connection)
                .count() as u64;
            assert_eq!(ledger.connections + reused, 20, "{}", way.name());
            if reuse {
                assert!((1..=4).contains(&ledger.connections), "{}", way.name());
            } else {
                assert_eq!(ledger.connections, 20, "{}", way.name());
            }
            assert_eq!((run.stats.ok, ledger.completed), (20, 20));
        }
    });
}

/// What of a run does not depend on timing: its attempts, in the order of downloads, and its counts.
fn timeless(run: &MeasuredRun) -> impl PartialEq + Debug {
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
        concurrency in 1..=12_usize,
    ) {
        let server = seeded(
            seed,
            "uniform:0..2ms",
            "500@20% cut:50%@10% corrupt@10% 404@10% redirect:2@15% redirect@5%",
        );
        let plan = Workload::flags(populous::TWENTY[..12].to_vec());
        let (endpoint, policy) = (Endpoint::from(server.addr()), tries(attempts));
        let runs = in_every_way(|combo| {
            let run = Run::new(&plan, &endpoint).concurrency(lanes(concurrency));
            combo.measure(run.policy(policy.clone()))
        });
        for run in &runs {
            prop_assert_eq!(timeless(run), timeless(&runs[0]), "{}", run.strategy);
        }
    }
}
