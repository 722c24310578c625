//! Strategies differ in order and concurrency only.

use crate::test_server::{OK, TestServer, code};
use flagpole_client::{Concurrency, DownloadSpec, Run, Workload, strategy};
use flagpole_protocol::AttemptRecord;
use flagpole_protocol::Resource;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

const CODES: &str = "AA AB AC AD AE AF AG AH";

fn concurrency(count: usize) -> Concurrency {
    Concurrency::new(count).unwrap()
}

/// A server of which a third of the responses are 404 and a third 500, by code.
fn mixed() -> TestServer {
    TestServer::responding(|head| match code(head).as_bytes()[1] % 3 {
        0 => OK.into(),
        1 => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".into(),
        _ => "HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno".into(),
    })
}

/// The parts of records that do not depend on time, in an order that does not depend on the strategy.
fn facts(records: &[AttemptRecord]) -> Vec<(Resource, u64, Option<u16>, u64)> {
    let fact = |record: &AttemptRecord| {
        (
            record.resource,
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
fn all_strategies_get_and_count_the_same_responses() {
    let server = mixed();
    let (expected, first) = server.run("sequential", CODES, |run| run).unwrap();
    assert_eq!((expected.ok, expected.not_found, expected.error), (3, 2, 3));
    for strategy in strategy::ALL {
        for m in [1, 3, 100] {
            let (stats, records) = server
                .run(strategy.name(), CODES, |run| {
                    run.concurrency(concurrency(m))
                })
                .unwrap();
            assert_eq!(facts(&records), facts(&first), "{} {m}", strategy.name());
            assert_eq!(
                (&stats.outcomes, stats.bytes),
                (&expected.outcomes, expected.bytes)
            );
            assert_eq!(stats.response_time.count(), 8);
        }
    }
}

#[test]
fn concurrency_of_one_makes_records_in_workload_order() {
    let server = mixed();
    for strategy in strategy::ALL {
        let (_, records) = server.run(strategy.name(), CODES, |run| run).unwrap();
        let order: Vec<String> = records
            .iter()
            .map(|record| record.resource.name())
            .collect();
        assert_eq!(order.join(" "), CODES, "{}", strategy.name());
    }
}

#[test]
fn concurrency_is_reached_and_not_exceeded() {
    // An adaptive limit is 4 at first, and rises after more responses than these.
    for (name, m) in [
        ("threads", 4),
        ("thread-per-download", 4),
        ("async", 4),
        ("adaptive", 4),
        ("sequential", 1),
    ] {
        // No response is sent before m requests are in flight: a lower concurrency would never end.
        let together = Barrier::new(m);
        let in_flight = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let (now, peak) = (in_flight, most.clone());
        let server = TestServer::responding(move |_| {
            peak.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
            together.wait();
            now.fetch_sub(1, SeqCst);
            OK.into()
        });
        let limit = concurrency(if name == "adaptive" { 100 } else { 4 });
        let (stats, records) = server
            .run(name, CODES, |run| run.concurrency(limit))
            .unwrap();
        assert_eq!((stats.ok, most.load(SeqCst)), (8, m), "{name}");
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
fn empty_workload_opens_no_connection() {
    let server = mixed();
    let (workload, endpoint) = (Workload::default(), server.endpoint());
    for strategy in strategy::ALL {
        assert_eq!(
            strategy
                .run(&Run::new(&workload, &endpoint))
                .unwrap()
                .attempts(),
            0
        );
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn download_is_not_sent_before_it_is_due() {
    let server = mixed();
    let ms = Duration::from_millis;
    let downloads = [0, 30].map(|due| DownloadSpec {
        due: Some(ms(due)),
        ..crate::test_server::workload("AC").downloads[0]
    });
    let (workload, endpoint) = (Workload::from(downloads.to_vec()), server.endpoint());
    for strategy in strategy::ALL {
        let records = Mutex::new(Vec::new());
        let collect = |record: &AttemptRecord| records.lock().unwrap().push(record.clone());
        strategy
            .run(
                &Run::new(&workload, &endpoint)
                    .concurrency(concurrency(2))
                    .on_record(&collect),
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
fn panic_of_the_record_callback_ends_the_run() {
    let server = mixed();
    for strategy in strategy::ALL {
        let (workload, endpoint) = (crate::test_server::workload(CODES), server.endpoint());
        let panicking = |_: &AttemptRecord| panic!("on purpose");
        let run = Run::new(&workload, &endpoint)
            .concurrency(concurrency(3))
            .on_record(&panicking);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| strategy.run(&run)));
        assert!(result.is_err(), "{}", strategy.name());
    }
}
