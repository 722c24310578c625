//! When the attempts of real runs are due.

use crate::test_server::{OK, TestServer, code, workload};
use flagpole_client::policy::Retry;
use flagpole_client::{Concurrency, Policy, Run, Strategy, Workload, strategy};
use flagpole_protocol::{AttemptKind, AttemptRecord, CountryCode};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

const BUSY: &str = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
const REDIRECT: &str = "HTTP/1.1 302 Found\r\nLocation: /moved\r\nContent-Length: 0\r\n\r\n";
const METADATA: &str = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"country\":\"A\"}";

/// Runs a workload at this concurrency. The callback for records sleeps, which delays further attempts.
fn run(
    strategy: &dyn Strategy,
    server: &TestServer,
    workload: &Workload,
    concurrency: usize,
) -> Vec<AttemptRecord> {
    let (records, endpoint) = (Mutex::new(Vec::new()), server.endpoint());
    let collect = |record: &AttemptRecord| {
        records.lock().unwrap().push(record.clone());
        thread::sleep(Duration::from_millis(5));
    };
    let retry = Retry {
        max_attempts: 2,
        base_delay: Duration::from_millis(2),
        ..Retry::default()
    };
    let policy = Policy {
        retry,
        max_redirects: 1,
        ..Policy::default()
    };
    let run = Run::new(workload, &endpoint).policy(policy).name("x");
    let run = run.concurrency(Concurrency::new(concurrency).unwrap());
    strategy.run(&run.on_record(&collect)).unwrap();
    records.into_inner().unwrap()
}

#[test]
fn download_is_due_when_its_predecessor_is_done_however_late_the_client_is() {
    let server = TestServer::responding(|_| OK.into());
    for strategy in strategy::ALL {
        let mut records = run(*strategy, &server, &workload("AA AB AC AD"), 1);
        records.sort_unstable_by_key(|record| record.done);
        let dues: Vec<_> = records.iter().map(|record| record.due).collect();
        let dones: Vec<_> = records.iter().map(|record| record.done).collect();
        assert_eq!(dues[0], Duration::ZERO, "{}", strategy.name());
        assert_eq!(dues[1..], dones[..3], "{}", strategy.name());
    }
}

/// A download of which the flag is redirected, one of which the flag is retried, and two that are neither: the time from
/// the first due time to the end of the final attempt is the latency of each.
#[test]
fn attempts_of_a_download_leave_no_time_out() {
    let server = TestServer::responding(|head| match head {
        _ if head.starts_with("GET /moved ") => OK.into(),
        _ if head.contains("metadata") => METADATA.into(),
        _ if code(head) == "AC" => REDIRECT.into(),
        _ if code(head) == "AB" && head.contains("nth: 3\r\n") => BUSY.into(),
        _ => OK.into(),
    });
    let codes = ["AA", "AB", "AC", "AD"].map(|code| code.parse::<CountryCode>().unwrap());
    let mut workload = Workload::with_metadata(codes);
    // The second download of AB has the request number 3, its retry 4.
    workload.downloads[1].request_number = 2;
    for strategy in strategy::ALL {
        let records = run(*strategy, &server, &workload, 2);
        let name = strategy.name();
        let mut downloads: BTreeMap<usize, Vec<&AttemptRecord>> = BTreeMap::new();
        for record in &records {
            downloads.entry(record.download).or_default().push(record);
        }
        let ends: BTreeSet<_> = records.iter().map(|record| record.done).collect();
        let mut kinds = BTreeSet::new();
        for attempts in downloads.values_mut() {
            attempts.sort_unstable_by_key(|record| record.attempt);
            let first = attempts[0].due;
            assert!(first.is_zero() || ends.contains(&first), "{name}");
            for pair in attempts.windows(2) {
                kinds.insert(pair[1].kind);
                assert_eq!(pair[1].due, pair[0].done + pair[1].backoff, "{name}");
            }
            let finals = attempts.iter().filter(|record| record.is_final);
            assert_eq!(finals.count(), 1, "{name}");
            assert!(attempts.last().unwrap().is_final, "{name}");
        }
        let expected = [
            AttemptKind::Retry,
            AttemptKind::Redirect,
            AttemptKind::Metadata,
        ];
        assert_eq!(kinds, BTreeSet::from(expected), "{name}");
    }
}
