//! Planned work of attempts with known plans.

use super::*;
use crate::bound::Bound;
use crate::test_runs::record;
use flagpole_protocol::Rejection;

fn with_head(record: AttemptRecord) -> AttemptRecord {
    AttemptRecord {
        status: Some(200),
        ..record
    }
}

/// A response after a planned delay of 50 ms.
fn response() -> AttemptRecord {
    with_head(record(60, Outcome::Ok, Some(50)))
}

fn requests(records: &[AttemptRecord], timeout: Option<Duration>) -> Option<Vec<Duration>> {
    PlannedWork::from_records(records, timeout).map(|work| work.requests)
}

fn ms(times: &[u64]) -> Vec<Duration> {
    times.iter().map(|&ms| Duration::from_millis(ms)).collect()
}

#[test]
fn planned_time_is_cut_to_the_timeout() {
    let limit = Duration::from_millis(100);
    let mut records = [
        response(),
        record(100, Outcome::Timeout(TimeoutKind::Total, limit), None),
        with_head(record(100, Outcome::IncompleteBody, Some(500))),
        with_head(record(1, Outcome::Ok, None)),
        record(7, Outcome::Cancelled, Some(50)),
    ];
    let expected = ms(&[50, 100, 100, 0, 7]);
    assert_eq!(requests(&records, Some(limit)), Some(expected));
    let timing = records[0].timing.as_mut().unwrap();
    timing.paced = Duration::from_millis(20);
    let expected = ms(&[70, 100, 100, 0, 7]);
    assert_eq!(requests(&records, Some(limit)), Some(expected));
}

#[test]
fn chain_is_the_sum_of_attempts_and_backoff() {
    let attempt = |download, attempt, backoff| AttemptRecord {
        download,
        attempt,
        backoff: Duration::from_millis(backoff),
        ..response()
    };
    let records = [
        attempt(1, 1, 0),
        attempt(2, 1, 0),
        attempt(1, 2, 30),
        attempt(1, 3, 40),
    ];
    let work = PlannedWork::from_records(&records, None).unwrap();
    assert_eq!(work.chains, ms(&[220, 50]));
    let bound = Bound::new(&work, 2);
    assert_eq!(vec![bound.total(), bound.even_split], ms(&[220, 100]));
}

#[test]
fn attempt_that_was_not_sent_takes_no_time_but_the_backoff_after_it() {
    let unsent = record(1, Outcome::CircuitOpen, None);
    let sent = AttemptRecord {
        attempt: 2,
        backoff: Duration::from_millis(30),
        ..response()
    };
    let work = PlannedWork::from_records(&[unsent, sent], None).unwrap();
    assert_eq!((work.requests, work.chains), (ms(&[0, 50]), ms(&[80])));
}

#[test]
fn rejected_attempts_and_the_backoff_after_them_do_not_count() {
    for limit in Rejection::ALL {
        let attempt = |attempt, status, backoff| AttemptRecord {
            attempt,
            backoff: Duration::from_millis(backoff),
            ..with_head(record(60, Outcome::from_status(status), Some(50)))
        };
        let mut rejected = attempt(2, 503, 30);
        rejected.timing.as_mut().unwrap().fault = Some(limit.label().into());
        // The backoff of 30 ms follows a failure that is no rejection, and counts.
        let records = [attempt(3, 200, 400), rejected, attempt(1, 500, 0)];
        let work = PlannedWork::from_records(&records, None).unwrap();
        assert_eq!(work.requests, ms(&[50, 50]));
        assert_eq!(work.chains, ms(&[130]));
    }
}

#[test]
fn timeout_in_the_queue_does_not_count() {
    let limit = Duration::from_millis(150);
    let timed_out = |planned| record(150, Outcome::Timeout(TimeoutKind::Total, limit), planned);
    let times = |record: AttemptRecord| requests(&[record, response()], Some(limit));
    assert_eq!(times(timed_out(None)), Some(ms(&[150, 50])));
    assert_eq!(times(timed_out(Some(200))), Some(ms(&[150, 50])));
    assert_eq!(times(timed_out(Some(100))), Some(ms(&[50])));
    let within_body = with_head(timed_out(Some(100)));
    assert_eq!(times(within_body), Some(ms(&[150, 50])));
}

#[test]
fn metadata_after_its_flag_extends_the_chain() {
    let files = (0..498).map(|place| AttemptRecord {
        download: place % 249 + 1,
        ..response()
    });
    let work = PlannedWork::from_records(&files.collect::<Vec<_>>(), None).unwrap();
    let total = |concurrency| Bound::new(&work, concurrency).total();
    assert_eq!([194, 498].map(total).to_vec(), ms(&[150, 100]));
}

#[test]
fn hedged_run_has_no_bound() {
    let hedge = AttemptRecord {
        kind: AttemptKind::Hedge,
        ..response()
    };
    let loser = AttemptRecord {
        outcome: Outcome::HedgeLost,
        ..response()
    };
    assert!(PlannedWork::from_records(&[response()], None).is_some());
    assert_eq!(requests(&[response(), hedge], None), None);
    assert_eq!(requests(&[response(), loser], None), None);
}

#[test]
fn unknown_delay_of_an_attempt_without_a_head_leaves_no_bound() {
    for outcome in [
        Outcome::ConnectionReset,
        Outcome::EmptyReply,
        Outcome::ProtocolError("x".into()),
    ] {
        assert_eq!(
            requests(&[response(), record(1, outcome, None)], None),
            None
        );
    }
}

#[test]
fn run_without_server_timing_has_no_bound() {
    let timeout = Outcome::Timeout(TimeoutKind::Total, Duration::from_millis(9));
    let records = [record(60, Outcome::Ok, None), record(9, timeout, None)];
    assert_eq!(requests(&records, None), None);
    assert_eq!(requests(&[], None), None);
}
