//! The two libraries together: what the client records and what the server keeps in its ledger are
//! the same story, attempt by attempt, whichever way downloads and whatever befalls it.

use crate::agreement_util::{TestRun, assert_agree, told_by_client};
use crate::combos::{Combo, in_every_way, lanes};
use crate::harness::wait_until;
use crate::servers::{UnusedAddr, mock, seeded};
use flagpole_client::{CancellationToken, Endpoint, Run, Workload};
use flagpole_fixtures::populous;
use flagpole_protocol::Cause;
use flagpole_protocol::JournalEntry;
use flagpole_protocol::{AttemptRecord, MeasuredRun, Outcome};
use flagpole_protocol::{CountryCode, Resource};
use flagpole_server::BlockingServer;
use flagpole_server::fate::fault;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

const GRACE: Duration = Duration::from_secs(20);

/// The codes that begin with B, flags or not, each twice.
fn plan() -> Workload {
    let codes = CountryCode::every().filter(|code| code.initial() == 'B');
    Workload::flags(codes.flat_map(|code| [code, code]))
}

/// Carries the plan out in every way.
fn everyone(
    server: &BlockingServer,
    plan: &Workload,
    conditions: impl for<'a> Fn(Run<'a>) -> Run<'a> + Sync,
) -> Vec<TestRun> {
    let endpoint = Endpoint::from(server.addr());
    in_every_way(|way| (way, way.measure(conditions(Run::new(plan, &endpoint)))))
}

fn counted<T: Ord>(things: impl Iterator<Item = T>) -> BTreeMap<T, u64> {
    things.fold(BTreeMap::new(), |mut counts, thing| {
        *counts.entry(thing).or_default() += 1;
        counts
    })
}

#[test]
fn every_attempt_is_told_alike_by_client_and_server() {
    for latency in ["0", "uniform:1ms..5ms"] {
        for faults in [
            "",
            "404@30%",
            "418@25% 500@25%",
            "404@10% 418@20% 500@30%",
            "500",
        ] {
            let server = mock(latency, faults);
            let runs = everyone(&server, &plan(), |run| run.concurrency(lanes(7)));
            assert_agree(&runs, &server.shutdown(GRACE));
        }
    }
}

fn assert_agree_under(fault: &str) {
    let server = mock("uniform:0..2ms", &format!("{fault}@40%"));
    let plan = Workload::flags(populous::TWENTY[..10].to_vec());
    // A fault may never let an answer end.
    let runs = everyone(&server, &plan, |run| {
        run.concurrency(lanes(5))
            .timeout(Duration::from_millis(100))
    });
    let ledger = server.shutdown(GRACE);
    assert_agree(&runs, &ledger);
    let struck = |cause: &Cause| matches!(cause, Cause::Fault(_));
    assert!(ledger.by_cause.keys().any(struck), "{fault}");
}

#[test]
fn client_and_server_agree_under_every_fault() {
    for member in fault::FAMILY {
        assert_agree_under(member.example);
    }
}

#[test]
fn the_sums_of_client_and_server_are_the_same() {
    let server = mock("uniform:1ms..3ms", "404@10% 418@20% 500@30%");
    let runs = everyone(&server, &plan(), |run| run.concurrency(lanes(7)));
    let ledger = server.shutdown(GRACE);
    let stories = told_by_client(&runs);
    let attempts = (Combo::all().len() * plan().downloads.len()) as u64;
    assert_eq!(
        (ledger.requests, ledger.completed, ledger.aborted),
        (attempts, attempts, 0)
    );
    assert_eq!(
        ledger.by_status,
        counted(stories.iter().map(|story| story.status.unwrap()))
    );
    assert_eq!(
        ledger.by_cause,
        counted(stories.iter().map(|story| story.cause.clone()))
    );
    let sum = |of: fn(&MeasuredRun) -> u64| runs.iter().map(|(_, run)| of(run)).sum::<u64>();
    assert_eq!(sum(|run| run.stats.ok), ledger.by_status[&200]);
    assert_eq!(sum(|run| run.stats.not_found), ledger.by_status[&404]);
    assert_eq!(
        sum(|run| run.stats.error),
        ledger.by_status[&418] + ledger.by_status[&500]
    );
}

#[test]
fn an_attempt_that_timed_out_is_an_aborted_entry() {
    let server = mock("1h", "");
    let plan = Workload::flags(populous::TWENTY[..3].to_vec());
    let runs = everyone(&server, &plan, |run| {
        run.concurrency(lanes(3))
            .timeout(Duration::from_millis(250))
    });
    let ledger = server.shutdown(GRACE);
    let mut records = runs.iter().flat_map(|(_, run)| &run.records);
    assert!(records.all(|record| matches!(record.outcome, Outcome::Timeout(..))));
    assert_agree(&runs, &ledger);
    // One that the server had no time to parse within the timeout is none of its requests.
    assert!((1..=3 * Combo::all().len() as u64).contains(&ledger.requests));
    assert_eq!(ledger.aborted, ledger.requests);
    let hour = Duration::from_secs(3600);
    let is_aborted = |entry: &JournalEntry| {
        (entry.status, entry.completed, entry.planned) == (None, false, hour)
    };
    assert!(ledger.entries.iter().all(is_aborted));
}

#[test]
fn a_timeout_amid_the_delays_parts_the_attempts_cleanly() {
    let server = mock("uniform:0..60ms", "500@20%");
    let plan = Workload::flags(populous::TWENTY);
    let runs = everyone(&server, &plan, |run| {
        run.concurrency(lanes(5)).timeout(Duration::from_millis(30))
    });
    assert_agree(&runs, &server.shutdown(GRACE));
    for (_, run) in runs {
        let unseen = run.records.iter().filter(|record| record.status.is_none());
        let mut outcomes = unseen.map(|record| &record.outcome);
        assert!(outcomes.all(|outcome| matches!(outcome, Outcome::Timeout(..))));
        assert_eq!(run.records.len(), 20);
    }
}

/// How many requests are in flight when no answer ever comes, of six lanes.
fn at_first(way: Combo) -> u64 {
    match way.strategy.name() {
        "sequential" => 1,
        // It goes up with answers only.
        "adaptive" => 4,
        _ => 6,
    }
}

#[test]
fn every_request_under_way_when_a_run_is_cancelled_is_an_aborted_entry() {
    in_every_way(|way| {
        let (server, cancel) = (mock("1h", ""), CancellationToken::new());
        let (plan, endpoint) = (plan(), Endpoint::from(server.addr()));
        let run = Run::new(&plan, &endpoint).concurrency(lanes(6));
        let run = run.cancel(cancel.clone());
        let under_way = at_first(way);
        let measured = thread::scope(|scope| {
            // In vain or not: else the run would never end.
            let _end = cancel.clone().drop_guard();
            let running = scope.spawn(|| way.measure(run));
            let what = format!("every lane of {} waits", way.name());
            wait_until(&what, || server.ledger().requests == under_way);
            cancel.cancel();
            running.join().unwrap()
        });
        let ledger = server.shutdown(GRACE);
        let cancelled = measured.stats.outcomes["cancelled"].attempts;
        assert_eq!(cancelled, under_way);
        assert_eq!(measured.stats.unstarted, 52 - under_way);
        assert_eq!(ledger.aborted, under_way);
        assert_agree(&[(way, measured)], &ledger);
    });
}

#[test]
fn a_run_cancelled_in_the_middle_agrees_on_all_that_was_done() {
    in_every_way(|way| {
        let server = mock("uniform:1ms..9ms", "500@20%");
        let cancel = CancellationToken::new();
        let (plan, endpoint) = (plan(), Endpoint::from(server.addr()));
        let (done, fifth) = (AtomicUsize::new(0), cancel.clone());
        let cancel_fifth = move |_: &AttemptRecord| {
            if done.fetch_add(1, Ordering::Relaxed) == 4 {
                fifth.cancel();
            }
        };
        let run = Run::new(&plan, &endpoint).concurrency(lanes(4));
        let measured = way.measure(run.cancel(cancel).on_record(&cancel_fifth));
        let (attempts, tally) = (measured.records.len() as u64, &measured.stats);
        assert!(attempts >= 5 && tally.unstarted > 0);
        assert_eq!(
            (attempts, attempts + tally.unstarted),
            (tally.attempts(), 52)
        );
        assert_agree(&[(way, measured)], &server.shutdown(GRACE));
    });
}

#[test]
fn an_attempt_that_never_got_there_is_of_a_class_of_its_own() {
    let (nobody, plan) = (UnusedAddr::new(), plan());
    let endpoint = Endpoint::from(nobody.addr());
    in_every_way(|way| {
        let measured = way.measure(Run::new(&plan, &endpoint).concurrency(lanes(5)));
        let outcomes = measured.stats.outcomes.keys();
        assert_eq!(outcomes.collect::<Vec<_>>(), ["connection_refused"]);
        assert_eq!(measured.stats.error, 52);
        let mut records = measured.records.iter();
        assert!(records.all(|record| record.status.is_none() && record.timing.is_none()));
    });
}

/// What a run made in this way met, in the order of resources.
fn fates(
    server: &BlockingServer,
    (way, count): (usize, usize),
) -> Vec<(Resource, u64, Option<u16>, Duration)> {
    let (plan, endpoint) = (plan(), Endpoint::from(server.addr()));
    let run = Run::new(&plan, &endpoint).concurrency(lanes(count));
    let fate = |record: &AttemptRecord| {
        let timing = record.timing.as_ref().unwrap();
        (
            record.resource,
            record.request_number,
            record.status,
            timing.planned,
        )
    };
    let run = Combo::all()[way].measure(run);
    let mut fates: Vec<_> = run.records.iter().map(fate).collect();
    fates.sort_unstable();
    fates
}

fn way() -> impl Strategy<Value = (usize, usize)> {
    (0..Combo::all().len(), 1..=40_usize)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_two_ways_meet_the_same_fates(seed: u64, one in way(), other in way()) {
        let start = || seeded(seed, "uniform:1us..3ms", "404@20% 418@10% 500@20%");
        let (server, twin) = (start(), start());
        let met = fates(&server, one);
        prop_assert_eq!(&met, &fates(&server, other));
        prop_assert_eq!(&met, &fates(&twin, other));
    }
}
