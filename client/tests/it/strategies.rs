//! The strategies differ in order and concurrency, and in nothing else.

use crate::server::{OK, Server, code};
use flagpole_client::{Concurrency, DownloadSpec, Run, Workload, strategy};
use flagpole_protocol::AttemptRecord;
use flagpole_protocol::CountryCode;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

const CODES: &str = "AA AB AC AD AE AF AG AH";

fn lanes(count: usize) -> Concurrency {
    Concurrency::new(count).unwrap()
}

/// A server that tells its answers apart: a third 404, a third 500.
fn mixed() -> Server {
    Server::answering(|head| match code(head).as_bytes()[1] % 3 {
        0 => OK.into(),
        1 => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".into(),
        _ => "HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno".into(),
    })
}

/// What does not depend on the clock, in an order that does not depend on the strategy.
fn facts(records: &[AttemptRecord]) -> Vec<(CountryCode, u64, Option<u16>, u64)> {
    let fact = |record: &AttemptRecord| {
        (
            record.resource.code(),
            record.request_number,
            record.status,
            record.bytes,
        )
    };
    let mut facts: Vec<_> = records.iter().map(fact).collect();
    facts.sort_unstable();
    facts
}

#[test]
fn every_strategy_gets_the_same_answers_and_counts_them_alike() {
    let server = mixed();
    let (expected, first) = server.run("sequential", CODES, |run| run).unwrap();
    assert_eq!((expected.ok, expected.not_found, expected.error), (3, 2, 3));
    for strategy in strategy::ALL {
        for m in [1, 3, 100] {
            let (tally, records) = server
                .run(strategy.name(), CODES, |run| run.concurrency(lanes(m)))
                .unwrap();
            assert_eq!(facts(&records), facts(&first), "{} {m}", strategy.name());
            assert_eq!(
                (&tally.outcomes, tally.bytes),
                (&expected.outcomes, expected.bytes)
            );
            assert_eq!(tally.response_time.count(), 8);
        }
    }
}

#[test]
fn downloads_start_in_order_and_records_come_as_they_complete() {
    let server = mixed();
    for strategy in strategy::ALL {
        let (_, records) = server.run(strategy.name(), CODES, |run| run).unwrap();
        let order: Vec<String> = records
            .iter()
            .map(|record| record.resource.code().to_string())
            .collect();
        assert_eq!(
            order.join(" "),
            CODES,
            "one lane takes the plan as it stands"
        );
    }
}

#[test]
fn so_many_downloads_are_in_flight_at_once_and_no_more() {
    for (name, m) in [("threads", 4), ("async", 4), ("sequential", 1)] {
        // Nobody is answered before m requests are there: fewer lanes would never be done.
        let together = Barrier::new(m);
        let in_flight = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let (now, peak) = (in_flight, most.clone());
        let server = Server::answering(move |_| {
            peak.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
            together.wait();
            now.fetch_sub(1, SeqCst);
            OK.into()
        });
        let (tally, records) = server
            .run(name, CODES, |run| run.concurrency(lanes(4)))
            .unwrap();
        assert_eq!((tally.ok, most.load(SeqCst)), (8, m), "{name}");
        assert!(server.connections() <= m);
        if name == "threads" {
            assert!(records.iter().all(|record| {
                record
                    .worker
                    .is_some_and(|worker| (1..=m).contains(&worker))
            }));
        }
    }
}

#[test]
fn an_empty_plan_is_done_at_once() {
    let server = mixed();
    let (plan, endpoint) = (Workload::default(), server.endpoint());
    for strategy in strategy::ALL {
        assert_eq!(
            strategy
                .run(&Run::new(&plan, &endpoint))
                .unwrap()
                .attempts(),
            0
        );
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_job_is_not_sent_before_it_is_due_and_lateness_counts() {
    let server = mixed();
    let ms = Duration::from_millis;
    let jobs = [0, 30].map(|due| DownloadSpec {
        due: Some(ms(due)),
        ..crate::server::plan("AC").jobs[0]
    });
    let (plan, endpoint) = (
        Workload {
            jobs: jobs.to_vec(),
        },
        server.endpoint(),
    );
    for strategy in strategy::ALL {
        let records = Mutex::new(Vec::new());
        let keep = |record: &AttemptRecord| records.lock().unwrap().push(record.clone());
        strategy
            .run(
                &Run::new(&plan, &endpoint)
                    .concurrency(lanes(2))
                    .on_record(&keep),
            )
            .unwrap();
        for record in records.into_inner().unwrap() {
            assert!(record.due <= record.sent, "{record:?}");
            assert!([ms(0), ms(30)].contains(&record.due));
            assert!(record.response_time() >= record.service_time());
        }
    }
}

#[test]
fn a_panic_in_a_thread_is_not_swallowed() {
    let server = mixed();
    for strategy in strategy::ALL {
        let (plan, endpoint) = (crate::server::plan(CODES), server.endpoint());
        let panicking = |_: &AttemptRecord| panic!("on purpose");
        let run = Run::new(&plan, &endpoint)
            .concurrency(lanes(3))
            .on_record(&panicking);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| strategy.run(&run)));
        assert!(result.is_err(), "{}", strategy.name());
    }
}
