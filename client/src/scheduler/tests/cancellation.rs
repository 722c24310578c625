//! What is left when a run is stopped.

use super::*;

#[test]
fn a_stopped_agenda_starts_nothing_and_retries_nothing() {
    let mut agenda = AttemptScheduler::new(&flags(2), &retrying(3), 1);
    let Action::Start(start) = agenda.next(MS) else {
        panic!()
    };
    agenda.stop();
    assert_eq!(agenda.next(MS), Action::Finished);
    assert!(
        agenda
            .complete(start.id, &end(Outcome::ConnectionReset), MS)
            .is_final
    );
}

#[test]
fn a_back_off_that_is_broken_off_has_taken_its_time() {
    let asked = AttemptResult {
        retry_after: Some(1000 * MS),
        ..end(Outcome::Http(503))
    };
    let mut agenda = AttemptScheduler::new(&flags(2), &retrying(3), 2);
    for now in [10 * MS, 40 * MS] {
        let Action::Start(start) = agenda.next(now) else {
            panic!()
        };
        assert!(!agenda.complete(start.id, &asked, now).is_final);
        agenda.release_slot(start.id);
    }
    assert_eq!(agenda.unfinished_backoff(40 * MS), 30 * MS);
    agenda.stop();
    assert_eq!(agenda.unfinished_backoff(100 * MS), (90 + 60) * MS);
    assert!(
        agenda.unfinished_backoff(10_000 * MS) < 2 * 1200 * MS,
        "no more than was due"
    );
}
