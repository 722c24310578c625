//! When attempts start, and what holds between the end of an attempt and the release of its slot.

use super::trace::{
    MS, after, flags, flags_with_metadata, result, retrying, simulate, simulate_adaptive, start,
};
use crate::Policy;
use crate::scheduler::{Action, AttemptId, AttemptScheduler, AttemptSpec};
use flagpole_protocol::{AttemptKind, Outcome};

/// A scheduler, an attempt that has released its slot, and the next attempt, which uses the same slab entry.
fn released_and_next() -> (AttemptScheduler, AttemptId, AttemptId) {
    let mut scheduler = AttemptScheduler::new(&flags_with_metadata(2), &Policy::default(), 1);
    let [released, next] = [true, false].map(|releases| {
        let id = start(&mut scheduler, MS).id;
        let disposition = scheduler.complete(id, &result(Outcome::NotFound), MS);
        assert!(disposition.is_final);
        if releases {
            scheduler.release_slot(id);
        }
        id
    });
    (scheduler, released, next)
}

#[test]
#[should_panic = "a slot is released once"]
fn releasing_twice_does_not_free_the_slot_of_another_attempt() {
    let (mut scheduler, released, next) = released_and_next();
    assert!(released < next && scheduler.in_flight.len() == 1);
    scheduler.release_slot(released);
}

#[test]
#[should_panic = "after `BodyAction::Stage`"]
fn no_staging_without_being_asked() {
    let (mut scheduler, released, _) = released_and_next();
    scheduler.on_staged(released, true);
}

/// The partial body of the failed try may still be on its way to the disk, where the retry looks for it.
#[test]
fn a_retry_waits_until_the_failed_try_has_released_its_slot() {
    let mut scheduler = AttemptScheduler::new(&flags(1), &retrying(2), 2);
    let first = start(&mut scheduler, MS);
    scheduler.complete(first.id, &result(Outcome::IncompleteBody), MS);
    let late = 1000 * MS;
    assert_eq!(scheduler.next(late), Action::Blocked);
    scheduler.release_slot(first.id);
    let retry = start(&mut scheduler, late);
    assert_eq!((retry.plan.kind, retry.attempt), (AttemptKind::Retry, 2));
    assert!(retry.due < late, "the backoff starts when the try fails");
}

#[test]
fn a_download_starts_when_it_is_due() {
    let mut workload = flags(1);
    workload.downloads[0].due = Some(30 * MS);
    let mut scheduler = AttemptScheduler::new(&workload, &Policy::default(), 1);
    assert_eq!(scheduler.next(MS), Action::SleepUntil(30 * MS));
    assert_eq!(start(&mut scheduler, 40 * MS).due, 30 * MS);
}

#[test]
#[should_panic(expected = "an attempt is completed once")]
fn completing_an_attempt_twice_panics() {
    let mut scheduler = AttemptScheduler::new(&flags(1), &retrying(3), 1);
    let spec = start(&mut scheduler, MS);
    let reset = result(Outcome::ConnectionReset);
    assert!(!scheduler.complete(spec.id, &reset, MS).is_final);
    scheduler.complete(spec.id, &reset, MS);
}

#[test]
fn an_adaptive_limit_decides_the_concurrency() {
    let peak = |outcome: &Outcome| {
        let server = |_: &AttemptSpec| after(20, outcome.clone());
        simulate_adaptive(&flags(300), 64, &server).peak_in_flight
    };
    assert_eq!(peak(&Outcome::Ok), 64);
    assert_eq!(peak(&Outcome::Http(503)), 4);
}

#[test]
fn an_open_workload_keeps_its_schedule_while_slots_are_free() {
    let workload = flags(5).spaced(10 * MS);
    for (concurrency, delayed) in [(10, 0), (1, 90)] {
        let trace = simulate(&workload, &Policy::default(), concurrency, &|_| {
            after(100, Outcome::Ok)
        });
        let (last, _) = &trace.attempts[4];
        assert_eq!(last.due, 40 * MS, "a late start does not move the due time");
        assert_eq!(trace.started[&last.id], last.due + 4 * delayed * MS);
    }
}
