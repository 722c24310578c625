//! What a stopped run does.

use super::trace::{MS, busy, flags, result, retrying, start};
use crate::scheduler::{Action, AttemptScheduler};
use flagpole_protocol::Outcome;

#[test]
fn a_stopped_scheduler_starts_and_retries_nothing() {
    let mut scheduler = AttemptScheduler::new(&flags(2), &retrying(3), 1);
    let spec = start(&mut scheduler, MS);
    scheduler.stop();
    assert_eq!(scheduler.next(MS), Action::Finished);
    let reset = result(Outcome::ConnectionReset);
    assert!(scheduler.complete(spec.id, &reset, MS).is_final);
}

#[test]
fn unfinished_backoff_is_counted_up_to_its_end() {
    let mut scheduler = AttemptScheduler::new(&flags(2), &retrying(3), 2);
    for now in [10 * MS, 40 * MS] {
        let spec = start(&mut scheduler, now);
        let busy = busy(Some(1000 * MS));
        assert!(!scheduler.complete(spec.id, &busy, now).is_final);
        scheduler.release_slot(spec.id);
    }
    assert_eq!(scheduler.unfinished_backoff(40 * MS), 30 * MS);
    scheduler.stop();
    assert_eq!(scheduler.unfinished_backoff(100 * MS), (90 + 60) * MS);
    assert!(scheduler.unfinished_backoff(10_000 * MS) < 2 * 1200 * MS);
}
