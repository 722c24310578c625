//! What holds between the end of an attempt and the moment at which it gives its lane back.

use super::*;

/// An attempt that has left, and one that has its place now.
fn left_and_next() -> (AttemptScheduler, AttemptId, AttemptId) {
    let plan = Workload::with_metadata(CountryCode::every().take(2));
    let mut agenda = AttemptScheduler::new(&plan, &Policy::default(), 1);
    let mut ids = [(); 2].map(|()| {
        let Action::Start(start) = agenda.next(MS) else {
            panic!("there is a lane")
        };
        let verdict = agenda.complete(start.id, &end(Outcome::NotFound), MS);
        assert!(verdict.is_final);
        if start.download == 1 {
            agenda.release_slot(start.id);
        }
        start.id
    });
    ids.sort();
    (agenda, ids[0], ids[1])
}

#[test]
#[should_panic = "leaves once"]
fn who_has_left_does_not_take_the_lane_of_another() {
    let (mut agenda, left, next) = left_and_next();
    assert!(left < next && agenda.in_flight() == 1);
    agenda.release_slot(left);
}

#[test]
#[should_panic = "if that was asked for"]
fn nothing_is_put_by_that_was_not_to_be() {
    let (mut agenda, left, _) = left_and_next();
    agenda.on_staged(left, true);
}

/// What came of it may still be on its way to the disk, where the next try looks for it.
#[test]
fn a_retry_waits_until_the_try_before_has_left() {
    let plan = Workload::flags(CountryCode::every().take(1));
    let mut agenda = AttemptScheduler::new(&plan, &retrying(2), 2);
    let Action::Start(first) = agenda.next(MS) else {
        panic!("there is a lane")
    };
    agenda.complete(first.id, &end(Outcome::IncompleteBody), MS);
    let late = 1000 * MS;
    assert_eq!(agenda.next(late), Action::Blocked);
    agenda.release_slot(first.id);
    let Action::Start(retry) = agenda.next(late) else {
        panic!("it is due")
    };
    assert_eq!((retry.kind, retry.attempt), (AttemptKind::Retry, 2));
    assert!(
        retry.due < late,
        "the back-off began when the try had failed"
    );
}
