//! Runs that a limit of the server holds back.

use super::*;
use flagpole_protocol::Outcome;
use flagpole_protocol::Rejection;
use flagpole_protocol::ServerTiming;
use flagpole_protocol::TimeoutKind;

/// A download that the server turned away so often before it let it in, with so much back-off behind each
/// time.
fn turned_away(download: usize, reason: Rejection, times: u32, backoff: u64) -> Vec<AttemptRecord> {
    let attempt = |attempt| {
        let mut record = answers(&[Answer::after(20)]).remove(0);
        (record.download, record.attempt) = (download, attempt);
        if attempt > 1 {
            (record.kind, record.backoff) = (AttemptKind::Retry, Duration::from_millis(backoff));
        }
        if attempt <= times {
            let fault = Some(reason.label().to_owned());
            record.timing = Some(ServerTiming {
                fault,
                ..ServerTiming::default()
            });
            (record.outcome, record.status) = (Outcome::Http(503), Some(503));
            (record.is_final, record.done) = (false, MS);
        }
        record
    };
    (1..=times + 1).map(attempt).collect()
}

#[test]
fn who_is_turned_away_again_and_again_is_far_from_what_is_possible() {
    for (reason, what) in [
        (Rejection::ConcurrencyLimit, BottleneckKind::Capacity),
        (Rejection::RateLimit, BottleneckKind::RateLimit),
    ] {
        let records: Vec<_> = (1..=40)
            .flat_map(|download| turned_away(download, reason, 5, 500))
            .collect();
        let run = RunEvidence {
            wall: 2600 * MS,
            ..run(&records, 40)
        };
        holds(
            &run,
            what,
            "with those and the back-off behind them the bound would be 2.52 s, and the run took 2.60 s",
            "would help",
        );
        let terms = Bottleneck::of(&run).terms.unwrap();
        assert_eq!(
            terms.total(),
            20 * MS,
            "to be turned away is no excuse: {reason:?}"
        );
    }
}

/// One that was turned away for long is no straggler, and a hedge would not help it.
#[test]
fn back_off_of_the_few_that_were_turned_away_is_the_servers_capacity() {
    let mut records = delays(&[20; 40]);
    records.extend(turned_away(41, Rejection::ConcurrencyLimit, 6, 400));
    let limits = Limits {
        seats: Some(8),
        ..Limits::default()
    };
    let wall = 2500 * MS;
    let run = RunEvidence {
        wall,
        limits,
        ..run(&records, 24)
    };
    holds(
        &run,
        BottleneckKind::Capacity,
        "turned away 6 of 47 attempts",
        "fewer lanes, so that fewer are turned away: past 7 lanes more can not",
    );
}

#[test]
fn a_run_of_which_most_was_turned_away_for_good_is_held_back_by_that() {
    let mut records = delays(&[5; 5]);
    for download in 6..=100 {
        records.extend(turned_away(download, Rejection::RateLimit, 1, 0).drain(..1));
    }
    let rate = Rate {
        per_second: 20.0,
        burst: 20,
    };
    let limits = Limits {
        rate: Some(rate),
        ..Limits::default()
    };
    let run = RunEvidence {
        limits,
        wall: 8 * MS,
        ..run(&records, 20)
    };
    holds(
        &run,
        BottleneckKind::RateLimit,
        "the server turned away 95 of 100 attempts by its rate limit of 20 a second behind the first 20, and \
         the run took 8.00 ms",
        "a higher rate",
    );
}

/// Answers of 100 ms on 4 seats, of which 20 lanes wait for 150 ms.
#[test]
fn who_gives_up_in_the_queue_waited_for_a_seat() {
    let limit = 150 * MS;
    let mut records = delays(&[100; 60]);
    for record in &mut records[12..] {
        let timeout = Outcome::Timeout(TimeoutKind::Total, limit);
        (record.outcome, record.status, record.done) = (timeout, None, limit);
    }
    let limits = Limits {
        seats: Some(4),
        ..Limits::default()
    };
    let queued = RunEvidence {
        whole: Some(limit),
        wall: 450 * MS,
        limits,
        ..run(&records, 20)
    };
    holds(
        &queued,
        BottleneckKind::Capacity,
        "the server turned away 0 of 60 attempts, and 48 were given up while they waited",
        "more seats on the server",
    );
    let limits = Limits::default();
    let late = RunEvidence { limits, ..queued };
    assert_eq!(Bottleneck::of(&late).what, BottleneckKind::ServerLateness);
}

/// Bodies of 300 ms, of which everybody waits for 100 ms: the seats are held by those that come.
#[test]
fn who_waits_behind_bodies_that_trickle_waits_for_a_seat() {
    let limit = 100 * MS;
    let trickled = Answer {
        paced: 300,
        ..Answer::after(0)
    };
    let mut records = answers(&[trickled; 24]);
    for (place, record) in records.iter_mut().enumerate() {
        record.outcome = Outcome::Timeout(TimeoutKind::Total, limit);
        record.done = limit;
        record.first_byte = Some(Duration::ZERO);
        if place % 8 >= 3 {
            (record.status, record.first_byte) = (None, None);
        }
    }
    let limits = Limits {
        seats: Some(3),
        ..Limits::default()
    };
    let queued = RunEvidence {
        whole: Some(limit),
        wall: 305 * MS,
        limits,
        ..run(&records, 8)
    };
    holds(
        &queued,
        BottleneckKind::Capacity,
        "on the 3 seats of the server its answers take 300 ms at least",
        "more seats",
    );
}

#[test]
fn a_rate_that_is_slower_than_the_delays() {
    let records = delays(&[5; 110]);
    let rate = Rate {
        per_second: 100.0,
        burst: 10,
    };
    let limits = Limits {
        rate: Some(rate),
        ..Limits::default()
    };
    let wall = 1010 * MS;
    let limited = RunEvidence {
        wall,
        limits,
        ..run(&records, 20)
    };
    holds(
        &limited,
        BottleneckKind::RateLimit,
        "behind the first 10 requests the server lets in 100 a second, which takes 1.00 s at least",
        "a higher rate or fewer requests",
    );
}

#[test]
fn a_rate_that_lets_nobody_in_is_no_reason_to_fail() {
    let records = delays(&[5; 2]);
    let rate = Rate {
        per_second: 1e-300,
        burst: 0,
    };
    let limits = Limits {
        rate: Some(rate),
        ..Limits::default()
    };
    let limited = RunEvidence {
        limits,
        ..run(&records, 2)
    };
    assert_eq!(Bottleneck::of(&limited).what, BottleneckKind::RateLimit);
}
