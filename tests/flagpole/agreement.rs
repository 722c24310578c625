//! Client records and server ledger agree attempt by attempt, for every combo.

use crate::agreement_util::{TestRun, assert_agree, client_traces};
use crate::combos::{Combo, concurrency, with_every_combo};
use crate::harness::wait_until;
use crate::servers::{FinishedRequest, UnusedAddr, finish, seeded_server, server_with};
use flagpole_client::policy::Policy;
use flagpole_client::{CancellationToken, Endpoint, Run, Workload};
use flagpole_fixtures::populous;
use flagpole_protocol::Cause;
use flagpole_protocol::ResponseEnd;
use flagpole_protocol::{AttemptKind, AttemptRecord, MeasuredRun, Outcome};
use flagpole_protocol::{CountryCode, Resource};
use flagpole_server::BlockingServer;
use flagpole_server::fate::fault;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

const GRACE: Duration = Duration::from_secs(20);

/// The codes that begin with B, with or without a flag, each twice.
fn workload() -> Workload {
    let codes = CountryCode::every().filter(|code| code.initial() == 'B');
    Workload::flags(codes.flat_map(|code| [code, code]))
}

fn run_every_combo(
    server: &BlockingServer,
    workload: &Workload,
    conditions: impl for<'a> Fn(Run<'a>) -> Run<'a> + Sync,
) -> Vec<TestRun> {
    let endpoint = Endpoint::from(server.addr());
    with_every_combo(|combo| {
        (
            combo,
            combo.measure(conditions(Run::new(workload, &endpoint))),
        )
    })
}

fn counted<T: Ord>(things: impl Iterator<Item = T>) -> BTreeMap<T, u64> {
    things.fold(BTreeMap::new(), |mut counts, thing| {
        *counts.entry(thing).or_default() += 1;
        counts
    })
}

#[test]
fn records_match_the_ledger() {
    for latency in ["0", "uniform:1ms..5ms"] {
        for faults in [
            "",
            "404@30%",
            "418@25% 500@25%",
            "404@10% 418@20% 500@30%",
            "500",
        ] {
            let server = server_with(latency, faults);
            let runs = run_every_combo(&server, &workload(), |run| run.concurrency(concurrency(7)));
            assert_agree(&runs, &finish(server));
        }
    }
}

fn assert_agree_under(fault: &str) {
    let server = server_with("uniform:0..2ms", &format!("{fault}@40%"));
    let workload = Workload::flags(populous::TOP_20[..10].to_vec());
    // A request on a connection that has ended silently gets no response and is not in the journal.
    let policy = Policy {
        reuse: !fault.starts_with("stale"),
        ..Policy::default()
    };
    // Some faults never end the response.
    let runs = run_every_combo(&server, &workload, |run| {
        run.concurrency(concurrency(5))
            .policy(policy.clone())
            .timeout(Duration::from_millis(100))
    });
    let finished = finish(server);
    assert_agree(&runs, &finished);
    let (ledger, _) = finished;
    let is_fault = |cause: &Cause| matches!(cause, Cause::Fault(_));
    assert!(ledger.by_cause.keys().any(is_fault), "{fault}");
}

#[test]
fn records_match_the_ledger_under_every_fault() {
    for member in fault::FAMILY {
        assert_agree_under(member.example);
    }
}

#[test]
fn records_of_followed_redirects_match_the_ledger() {
    let server = server_with("uniform:0..2ms", "redirect:3@30% 404@20% redirect@10%");
    let runs = run_every_combo(&server, &workload(), |run| run.concurrency(concurrency(7)));
    let finished = finish(server);
    assert_agree(&runs, &finished);
    let mut records = runs.iter().flat_map(|(_, run)| &run.records);
    assert!(
        records.any(|record| record.kind == AttemptKind::Redirect && record.status == Some(200))
    );
    // Every chain is followed to its end.
    let chain = |(request, _): &&FinishedRequest| request.fault.as_deref() == Some("redirect:3");
    assert_eq!(finished.1.iter().filter(chain).count() % 3, 0);
}

#[test]
fn run_statistics_match_the_ledger_totals() {
    let server = server_with("uniform:1ms..3ms", "404@10% 418@20% 500@30%");
    let runs = run_every_combo(&server, &workload(), |run| run.concurrency(concurrency(7)));
    let ledger = server.shutdown(GRACE);
    let traces = client_traces(&runs);
    let attempts = (Combo::all().len() * workload().downloads.len()) as u64;
    assert_eq!(
        (ledger.requests, ledger.completed, ledger.aborted),
        (attempts, attempts, 0)
    );
    assert_eq!(
        ledger.by_status,
        counted(traces.iter().map(|trace| trace.status.unwrap()))
    );
    assert_eq!(
        ledger.by_cause,
        counted(traces.iter().map(|trace| trace.cause.clone()))
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
fn timed_out_attempt_is_an_aborted_entry() {
    let server = server_with("1h", "");
    let workload = Workload::flags(populous::TOP_20[..3].to_vec());
    let runs = run_every_combo(&server, &workload, |run| {
        run.concurrency(concurrency(3))
            .timeout(Duration::from_millis(250))
    });
    let finished = finish(server);
    let mut records = runs.iter().flat_map(|(_, run)| &run.records);
    assert!(records.all(|record| matches!(record.outcome, Outcome::Timeout(..))));
    assert_agree(&runs, &finished);
    let (ledger, requests) = finished;
    // An attempt that timed out before the server parsed it is not a request of the ledger.
    assert!((1..=3 * Combo::all().len() as u64).contains(&ledger.requests));
    assert_eq!(ledger.aborted, ledger.requests);
    let hour = Duration::from_secs(3600);
    let is_aborted = |(request, outcome): &FinishedRequest| {
        (outcome.status, outcome.end, request.planned) == (None, ResponseEnd::PeerLeft, hour)
    };
    assert!(requests.iter().all(is_aborted));
}

#[test]
fn records_match_the_ledger_when_the_timeout_is_within_the_delays() {
    let server = server_with("uniform:0..60ms", "500@20%");
    let workload = Workload::flags(populous::TOP_20);
    let runs = run_every_combo(&server, &workload, |run| {
        run.concurrency(concurrency(5))
            .timeout(Duration::from_millis(30))
    });
    assert_agree(&runs, &finish(server));
    for (_, run) in runs {
        let unseen = run.records.iter().filter(|record| record.status.is_none());
        let mut outcomes = unseen.map(|record| &record.outcome);
        assert!(outcomes.all(|outcome| matches!(outcome, Outcome::Timeout(..))));
        assert_eq!(run.records.len(), 20);
    }
}

/// The requests in flight at concurrency 6 when no response arrives.
fn initially_in_flight(combo: Combo) -> u64 {
    match combo.strategy.name() {
        "sequential" => 1,
        // It raises its concurrency with responses only.
        "adaptive" => 4,
        _ => 6,
    }
}

struct CancelOnDrop<'a>(&'a CancellationToken);

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

#[test]
fn cancelled_requests_are_aborted_entries() {
    with_every_combo(|combo| {
        let (server, cancel) = (server_with("1h", ""), CancellationToken::new());
        let (workload, endpoint) = (workload(), Endpoint::from(server.addr()));
        let run = Run::new(&workload, &endpoint).concurrency(concurrency(6));
        let run = run.cancel(cancel.clone());
        let in_flight = initially_in_flight(combo);
        let measured = thread::scope(|scope| {
            // The run would never end if the wait below failed.
            let _end = CancelOnDrop(&cancel);
            let running = scope.spawn(|| combo.measure(run));
            let what = format!("all requests of {} are in flight", combo.name());
            wait_until(&what, || server.ledger().requests == in_flight);
            cancel.cancel();
            running.join().unwrap()
        });
        let finished = finish(server);
        let cancelled = measured.stats.outcomes["cancelled"].attempts;
        assert_eq!(cancelled, in_flight);
        assert_eq!(measured.stats.unstarted, 52 - in_flight);
        assert_eq!(finished.0.aborted, in_flight);
        assert_agree(&[(combo, measured)], &finished);
    });
}

#[test]
fn records_of_a_cancelled_run_match_the_ledger() {
    with_every_combo(|combo| {
        let server = server_with("uniform:1ms..9ms", "500@20%");
        let cancel = CancellationToken::new();
        let (workload, endpoint) = (workload(), Endpoint::from(server.addr()));
        let (completed, cancel_at_fifth) = (AtomicUsize::new(0), cancel.clone());
        let cancel_fifth = move |_: &AttemptRecord| {
            if completed.fetch_add(1, Ordering::Relaxed) == 4 {
                cancel_at_fifth.cancel();
            }
        };
        let run = Run::new(&workload, &endpoint).concurrency(concurrency(4));
        let measured = combo.measure(run.cancel(cancel).on_record(&cancel_fifth));
        let (attempts, stats) = (measured.records.len() as u64, &measured.stats);
        assert!(attempts >= 5 && stats.unstarted > 0);
        assert_eq!(
            (attempts, attempts + stats.unstarted),
            (stats.attempts(), 52)
        );
        assert_agree(&[(combo, measured)], &finish(server));
    });
}

#[test]
fn unused_port_is_connection_refused() {
    let (unused, workload) = (UnusedAddr::new(), workload());
    let endpoint = Endpoint::from(unused.addr());
    with_every_combo(|combo| {
        let measured = combo.measure(Run::new(&workload, &endpoint).concurrency(concurrency(5)));
        let outcomes = measured.stats.outcomes.keys();
        assert_eq!(outcomes.collect::<Vec<_>>(), ["connection_refused"]);
        assert_eq!(measured.stats.error, 52);
        let mut records = measured.records.iter();
        assert!(records.all(|record| record.status.is_none() && record.timing.is_none()));
    });
}

/// The fates of a run, sorted.
fn fates(
    server: &BlockingServer,
    (combo, count): (usize, usize),
) -> Vec<(Resource, u64, Option<u16>, Duration)> {
    let (workload, endpoint) = (workload(), Endpoint::from(server.addr()));
    let run = Run::new(&workload, &endpoint).concurrency(concurrency(count));
    let fate = |record: &AttemptRecord| {
        let timing = record.timing.as_ref().unwrap();
        (
            record.resource,
            record.request_number,
            record.status,
            timing.planned,
        )
    };
    let run = Combo::all()[combo].measure(run);
    let mut fates: Vec<_> = run.records.iter().map(fate).collect();
    fates.sort_unstable();
    fates
}

fn combo() -> impl Strategy<Value = (usize, usize)> {
    (0..Combo::all().len(), 1..=40_usize)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn fates_are_equal_for_any_two_combos(seed: u64, first in combo(), second in combo()) {
        let start = || seeded_server(seed, "uniform:1us..3ms", "404@20% 418@10% 500@20%");
        let (server, twin) = (start(), start());
        let expected = fates(&server, first);
        prop_assert_eq!(&expected, &fates(&server, second));
        prop_assert_eq!(&expected, &fates(&twin, second));
    }
}
