//! When attempts are due: the delays of the client itself count from there.

use super::trace::{
    MS, Trace, after, flags, flags_with_metadata, hedging, result, retrying, simulate, start,
};
use crate::policy::{AdaptiveLimit, Policy};
use crate::scheduler::{Action, AttemptId, AttemptResult, AttemptScheduler, AttemptSpec};
use flagpole_protocol::{AttemptKind, Outcome};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

/// Ends a successful attempt at `done`; its slot is released.
fn finish(scheduler: &mut AttemptScheduler, id: AttemptId, done: Duration) {
    scheduler.complete(id, &result(Outcome::Ok), done);
    scheduler.release_slot(id);
}

#[test]
fn first_downloads_are_due_at_the_start_of_the_run() {
    let mut scheduler = AttemptScheduler::new(&flags(3), &Policy::default(), 2);
    let first = start(&mut scheduler, 5 * MS);
    finish(&mut scheduler, first.id, 8 * MS);
    // The thread of the second slot has only now started.
    let second = start(&mut scheduler, 9 * MS);
    assert_eq!((first.due, second.due), (Duration::ZERO, Duration::ZERO));
    assert_eq!(start(&mut scheduler, 9 * MS).due, 8 * MS);
}

#[test]
fn download_is_due_when_the_attempt_ended_whose_slot_it_takes() {
    let mut scheduler = AttemptScheduler::new(&flags(4), &Policy::default(), 2);
    let [one, other] = [(); 2].map(|()| start(&mut scheduler, MS).id);
    finish(&mut scheduler, other, 10 * MS);
    finish(&mut scheduler, one, 20 * MS);
    // The client did not get its processor for 80 ms.
    let dues = [(); 2].map(|()| start(&mut scheduler, 100 * MS).due);
    assert_eq!(dues, [10 * MS, 20 * MS]);
}

#[test]
fn metadata_is_due_when_its_flag_is_done_though_it_is_staged_later() {
    let mut scheduler = AttemptScheduler::new(&flags_with_metadata(2), &Policy::default(), 1);
    let flag = start(&mut scheduler, MS);
    finish(&mut scheduler, flag.id, 10 * MS);
    let other = start(&mut scheduler, 10 * MS);
    scheduler.on_staged(flag.id, true);
    finish(&mut scheduler, other.id, 40 * MS);
    let metadata = start(&mut scheduler, 50 * MS);
    assert_eq!(metadata.plan.kind, AttemptKind::Metadata);
    assert_eq!(metadata.due, 10 * MS);
}

#[test]
fn redirect_hop_and_repeated_request_are_due_when_the_response_is_done() {
    let redirect = AttemptResult {
        redirect: Some("/x".into()),
        ..result(Outcome::Http(302))
    };
    let failed_condition = AttemptResult {
        conditions_failed: true,
        ..result(Outcome::Http(412))
    };
    for first in [redirect, failed_condition] {
        let mut scheduler = AttemptScheduler::new(&flags(1), &Policy::default(), 1);
        let id = start(&mut scheduler, MS).id;
        scheduler.complete(id, &first, 10 * MS);
        scheduler.release_slot(id);
        assert_eq!(start(&mut scheduler, 30 * MS).due, 10 * MS);
    }
}

/// A retry, whose due time is its own, leaves the slot that has been free for longest to the next download.
#[test]
fn retry_does_not_make_a_download_due_later() {
    let mut scheduler = AttemptScheduler::new(&flags(2), &retrying(2), 2);
    let failed = start(&mut scheduler, MS);
    scheduler.complete(failed.id, &result(Outcome::ConnectionReset), 10 * MS);
    scheduler.release_slot(failed.id);
    let retry = start(&mut scheduler, 1000 * MS);
    assert_eq!(retry.plan.kind, AttemptKind::Retry);
    assert_eq!(retry.due, 10 * MS + retry.plan.backoff);
    assert_eq!(start(&mut scheduler, 1000 * MS).due, Duration::ZERO);
}

#[test]
fn slot_that_an_adaptive_limit_opens_is_due_when_it_opens() {
    let mut scheduler = AttemptScheduler::new(&flags(100), &Policy::default(), 64);
    scheduler.set_limit(Box::new(AdaptiveLimit::new(64)));
    // The limit of 4 doubles after 10 responses.
    let mut in_flight: Vec<_> = [(); 4].map(|()| start(&mut scheduler, MS)).into();
    assert!(in_flight.iter().all(|spec| spec.due.is_zero()));
    let mut now = MS;
    for _ in 0..10 {
        assert_eq!(scheduler.next(now), Action::Blocked);
        now += MS;
        finish(&mut scheduler, in_flight.remove(0).id, now);
        in_flight.push(start(&mut scheduler, now));
    }
    // The tenth response opened four slots and released its own.
    let dues = [(); 4].map(|()| start(&mut scheduler, 100 * MS).due);
    assert_eq!(dues, [now; 4]);
    assert_eq!(scheduler.next(100 * MS), Action::Blocked);
}

#[test]
fn slot_that_an_adaptive_limit_closes_is_not_used_again() {
    let mut scheduler = AttemptScheduler::new(&flags(100), &Policy::default(), 4);
    scheduler.set_limit(Box::new(AdaptiveLimit::new(4)));
    let in_flight = [(); 4].map(|()| start(&mut scheduler, MS).id);
    // A rejection lowers the limit from 4 to 3.
    scheduler.complete(in_flight[0], &result(Outcome::Http(503)), 10 * MS);
    scheduler.complete(in_flight[1], &result(Outcome::Ok), 20 * MS);
    scheduler.release_slot(in_flight[0]);
    assert_eq!(scheduler.next(30 * MS), Action::Blocked);
    scheduler.release_slot(in_flight[1]);
    assert_eq!(start(&mut scheduler, 40 * MS).due, 20 * MS);
}

/// When each attempt ended, in order of completion.
fn ends(trace: &Trace, took: impl Fn(&AttemptSpec) -> Duration) -> Vec<Duration> {
    let end = |(spec, _): &(AttemptSpec, _)| trace.started[&spec.id] + took(spec);
    trace.attempts.iter().map(end).collect()
}

proptest! {
    /// What a reader of the records relies on: a download lasts from when its first attempt was due to the end of its
    /// final one, and each further attempt is due when the attempt before ended, plus the backoff.
    #[test]
    fn due_times_leave_no_gap_in_a_download(
        downloads in 1usize..20, concurrency in 1usize..8, named: bool, salt in 0u32..1000,
    ) {
        let workload = if named { flags_with_metadata(downloads) } else { flags(downloads) };
        let took = |spec: &AttemptSpec| {
            (u32::try_from(spec.plan.index).unwrap() * 7 + spec.attempt * 3 + salt) % 11 * MS
        };
        let server = |spec: &AttemptSpec| {
            let fails = spec.plan.kind == AttemptKind::First && (salt as usize + spec.plan.index).is_multiple_of(3);
            let outcome = if fails { Outcome::ConnectionReset } else { Outcome::Ok };
            (result(outcome), took(spec))
        };
        let trace = simulate(&workload, &retrying(3), concurrency, &server);
        let ends = ends(&trace, took);
        let mut last = BTreeMap::new();
        for ((spec, _), end) in trace.attempts.iter().zip(&ends) {
            prop_assert!(spec.due <= trace.started[&spec.id]);
            match last.insert(spec.plan.index, *end) {
                Some(before) => prop_assert_eq!(spec.due, before + spec.plan.backoff),
                None => prop_assert!(spec.due.is_zero() || ends.contains(&spec.due)),
            }
        }
    }
}

#[test]
fn hedge_is_due_after_the_delay_though_no_slot_was_free() {
    let trace = simulate(
        &flags(2),
        &hedging(10 * MS, 1.0),
        2,
        &|spec| match spec.plan.index {
            0 => after(100, Outcome::Ok),
            _ => after(30, Outcome::Ok),
        },
    );
    let hedge = trace
        .attempts
        .iter()
        .find(|(spec, _)| spec.plan.kind == AttemptKind::Hedge);
    let (hedge, _) = hedge.unwrap();
    assert_eq!((hedge.due, trace.started[&hedge.id]), (10 * MS, 30 * MS));
}
