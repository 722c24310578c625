//! Flags and the metadata that names their files: what is requested, and in which order.

use super::trace::{MS, Trace, after, flags_with_metadata, result, retrying, simulate, start};
use crate::scheduler::{Action, AttemptScheduler, BodyAction};
use crate::{Policy, Workload};
use flagpole_protocol::{AttemptKind, Outcome};
use std::time::Duration;

const ROUND: Duration = Duration::from_millis(50);

/// Simulates a workload whose attempts all take one round.
fn in_rounds(workload: &Workload, concurrency: usize) -> Trace {
    let trace = simulate(workload, &Policy::default(), concurrency, &|_| {
        (result(Outcome::Ok), ROUND)
    });
    for (spec, disposition) in &trace.attempts {
        let (kind, action) = if spec.plan.names_file {
            (AttemptKind::Metadata, BodyAction::RenameStaged)
        } else {
            (AttemptKind::First, BodyAction::Stage)
        };
        assert_eq!((spec.plan.kind, disposition.body_action), (kind, action));
        assert_eq!(disposition.is_final, spec.plan.names_file);
    }
    trace
}

/// The largest number of flags that had no name at the same time.
fn peak_unnamed(trace: &Trace) -> usize {
    let (mut unnamed, mut peak) = (0, 0);
    for (spec, _) in &trace.attempts {
        if spec.plan.names_file {
            unnamed -= 1;
        } else {
            unnamed += 1;
        }
        peak = peak.max(unnamed);
    }
    peak
}

#[test]
fn flags_with_metadata_reach_the_minimal_makespan() {
    for concurrency in [1, 2, 7, 32, 100, 194, 200, 248, 249, 498, 1000] {
        let trace = in_rounds(&flags_with_metadata(249), concurrency);
        // 498 attempts in all; a flag and its metadata take two rounds.
        let rounds = 498_usize.div_ceil(concurrency).max(2);
        let bound = ROUND * u32::try_from(rounds).unwrap();
        assert_eq!(trace.wall, bound, "concurrency {concurrency}");
    }
}

#[test]
fn an_interrupted_run_loses_at_most_the_flags_of_two_rounds() {
    for concurrency in [1, 2, 7, 32, 100] {
        let peak = peak_unnamed(&in_rounds(&flags_with_metadata(249), concurrency));
        assert!(peak < 2 * concurrency, "{peak} at {concurrency}");
    }
}

#[test]
fn one_slot_alternates_between_flag_and_metadata() {
    let trace = in_rounds(&flags_with_metadata(3), 1);
    let specs = trace.attempts.iter().map(|(spec, _)| spec);
    let order: Vec<_> = specs
        .map(|spec| (spec.plan.index, spec.plan.names_file))
        .collect();
    let expected = [0, 1, 2].map(|download| [(download, false), (download, true)]);
    assert_eq!(order, expected.concat());
}

#[test]
fn metadata_does_not_wait_for_a_flag_that_is_not_due_yet() {
    let mut workload = flags_with_metadata(2);
    workload.downloads[1].due = Some(1000 * MS);
    let trace = in_rounds(&workload, 4);
    let metadata = trace.attempts.iter().find(|(spec, _)| spec.plan.names_file);
    assert_eq!(trace.started[&metadata.unwrap().0.id], ROUND);
}

#[test]
fn no_metadata_is_requested_without_a_flag() {
    let workload = flags_with_metadata(1);
    let trace = simulate(&workload, &Policy::default(), 1, &|_| {
        after(1, Outcome::NotFound)
    });
    assert_eq!(trace.outcomes(), [Outcome::NotFound]);
    let mut scheduler = AttemptScheduler::new(&workload, &Policy::default(), 1);
    let spec = start(&mut scheduler, MS);
    scheduler.complete(spec.id, &result(Outcome::Ok), MS);
    scheduler.release_slot(spec.id);
    assert_eq!(scheduler.next(MS), Action::Blocked, "while it is staged");
    scheduler.on_staged(spec.id, false);
    assert_eq!(scheduler.next(MS), Action::Finished);
}

#[test]
fn metadata_404_is_not_flag_404() {
    let trace = simulate(
        &flags_with_metadata(1),
        &retrying(3),
        1,
        &|spec| match spec.plan.kind {
            AttemptKind::Metadata => after(1, Outcome::NotFound),
            _ => after(1, Outcome::Ok),
        },
    );
    let missing = Outcome::BadMetadata("there is none".into());
    assert_eq!(trace.outcomes(), [Outcome::Ok, missing], "no retry");
}
