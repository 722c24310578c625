//! Workers that were idle between attempts.

use super::*;
use flagpole_protocol::AttemptKind;

#[test]
fn busy_time_must_match_the_time_of_attempts() {
    let message = "the connections of threads were busy for 100 s, but its attempts took 97.9 s: the difference is more than \
                   2%; run on an idle machine";
    assert_suspect(
        |cell| cell.strategies[0].attempt_time = Some(97_900 * MS),
        "busy_time_mismatch",
        message,
    );
}

/// An attempt of a worker on a reused connection; times in milliseconds.
fn attempt_of(worker: usize, due: u32, sent: u32, done: u32) -> AttemptRecord {
    AttemptRecord {
        worker: Some(worker),
        due: due * MS,
        sent: sent * MS,
        reused_connection: true,
        ..record(done.into(), Outcome::Ok, None)
    }
}

#[test]
fn idle_time_between_attempts_is_no_time_of_attempts() {
    // The worker needs 1 ms for each attempt, and once it gets no processor for 30 ms.
    let mut records = vec![
        attempt_of(1, 0, 5, 10),
        attempt_of(1, 10, 11, 20),
        attempt_of(1, 20, 51, 60),
        attempt_of(1, 60, 61, 70),
    ];
    assert_eq!(busy_time(&records), Some((65 * MS, 35 * MS)));
    records[2].reused_connection = false;
    assert_eq!(busy_time(&records), Some((65 * MS, 65 * MS)), "it connects");
}

#[test]
fn metadata_that_waits_for_a_slot_makes_no_worker_idle() {
    let metadata = |worker, due, sent, done| AttemptRecord {
        kind: AttemptKind::Metadata,
        ..attempt_of(worker, due, sent, done)
    };
    let records = [
        attempt_of(1, 0, 0, 50),
        attempt_of(2, 0, 0, 50),
        attempt_of(1, 50, 50, 100),
        attempt_of(2, 50, 50, 100),
        metadata(1, 50, 100, 150),
        metadata(2, 50, 100, 150),
    ];
    assert_eq!(busy_time(&records), Some((300 * MS, 300 * MS)));
}
