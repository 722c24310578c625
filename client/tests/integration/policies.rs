//! Policies hold under every strategy, on real connections.

use crate::test_server::{OK, TestServer, code, destination, request_number};
use flagpole_client::policy::{Hedge, HedgeDelay, Retry};
use flagpole_client::{Concurrency, Policy, Run, Strategy, Workload, strategy};
use flagpole_protocol::{AttemptKind, AttemptRecord, Outcome, RunStats};
use std::fs;
use std::sync::Mutex;
use std::time::Duration;

const BUSY: &str = "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy";

fn retrying(attempts: u32) -> Policy {
    let retry = Retry {
        max_attempts: attempts,
        base_delay: Duration::from_millis(2),
        ..Retry::default()
    };
    Policy {
        retry,
        ..Policy::default()
    }
}

/// Runs a workload by a strategy at this concurrency.
fn run(
    strategy: &dyn Strategy,
    server: &TestServer,
    (workload, concurrency): (&Workload, usize),
    set: impl Fn(Run<'_>) -> Run<'_>,
) -> (RunStats, Vec<AttemptRecord>) {
    let (records, endpoint) = (Mutex::new(Vec::new()), server.endpoint());
    let collect = |record: &AttemptRecord| records.lock().unwrap().push(record.clone());
    let run = Run::new(workload, &endpoint).concurrency(Concurrency::new(concurrency).unwrap());
    let stats = strategy.run(&set(run.on_record(&collect))).unwrap();
    (stats, records.into_inner().unwrap())
}

#[test]
fn third_try_succeeds_after_two_failures() {
    let server =
        TestServer::responding(|head| (if request_number(head) <= 2 { BUSY } else { OK }).into());
    for strategy in strategy::ALL {
        let workload = crate::test_server::workload("BR CN US");
        let (stats, records) = run(*strategy, &server, (&workload, 2), |run| {
            run.policy(retrying(3)).name("x")
        });
        let name = strategy.name();
        assert_eq!(
            (stats.ok, stats.error, stats.unstarted),
            (3, 0, 0),
            "{name}"
        );
        assert_eq!((stats.attempts(), stats.retries), (9, 6), "{name}");
        assert_eq!((stats.bytes, stats.wasted_bytes), (111, 24));
        for record in &records {
            assert_eq!(u64::from(record.attempt), record.request_number);
            assert_eq!(record.is_final, record.request_number == 3);
            assert!(record.sent >= record.due && record.due >= record.backoff);
        }
        let backoff = records
            .iter()
            .map(|record| record.backoff)
            .sum::<Duration>();
        assert_eq!(stats.backoff, backoff);
    }
}

/// The record callback runs in the loop that takes further attempts; without one that loop must be woken.
#[test]
fn run_without_a_record_callback_completes() {
    let redirect = "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n";
    let server = TestServer::responding(move |head| match request_number(head) {
        _ if head.starts_with("GET /there ") => OK.into(),
        1 => BUSY.into(),
        _ if code(head) == "BR" => redirect.into(),
        _ => OK.into(),
    });
    for strategy in strategy::ALL {
        let policy = Policy {
            max_redirects: 1,
            ..retrying(2)
        };
        let (workload, endpoint) = (
            crate::test_server::workload("BR CN US ID IN"),
            server.endpoint(),
        );
        let run = Run::new(&workload, &endpoint)
            .concurrency(Concurrency::new(2).unwrap())
            .policy(policy)
            .name("x");
        let stats = strategy.run(&run).unwrap();
        let name = strategy.name();
        assert_eq!(
            (stats.ok, stats.error, stats.unstarted),
            (5, 0, 0),
            "{name}"
        );
        assert_eq!((stats.retries, stats.redirects), (5, 1), "{name}");
        assert_eq!(stats.attempts(), 11, "{name}");
    }
}

#[test]
fn hedge_replaces_a_hanging_request() {
    for strategy in strategy::ALL.iter().filter(|s| s.is_concurrent()) {
        let server = TestServer::start(|_, connection| {
            while let Some(head) = connection.request() {
                match request_number(&head) {
                    1 if code(&head) == "BR" => connection.hang(),
                    _ => connection.send(OK),
                }
            }
        });
        let hedge = Hedge {
            delay: HedgeDelay::Fixed(Duration::from_millis(20)),
            max_ratio: 1.0,
        };
        let policy = Policy {
            hedge: Some(hedge),
            ..Policy::default()
        };
        let workload = crate::test_server::workload("BR US");
        let (stats, records) = run(*strategy, &server, (&workload, 3), |run| {
            run.policy(policy.clone()).name("x")
        });
        assert_eq!((stats.ok, stats.error), (2, 0), "{}", strategy.name());
        assert!(stats.outcomes["hedge_lost"].attempts >= 1);
        let hedges = records
            .iter()
            .filter(|record| record.kind == AttemptKind::Hedge);
        assert!(
            hedges.clone().count() >= 1 && hedges.clone().all(|record| record.request_number == 2)
        );
        assert!(
            records
                .iter()
                .any(|r| r.outcome == Outcome::HedgeLost && r.request_number == 1)
        );
    }
}

#[test]
fn redirects_are_followed_within_the_site_only() {
    let redirect = |location: &str| {
        format!("HTTP/1.1 302 There\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
    };
    let server = TestServer::responding(move |head| {
        let path = head.split(' ').nth(1).unwrap();
        match path {
            "/flags/br/br.gif" => redirect("/elsewhere?1"),
            "/elsewhere?1" => redirect("../elsewhere?2"),
            "/flags/cn/cn.gif" => redirect("http://127.0.0.1:1/"),
            "/flags/us/us.gif" => redirect("us.gif"),
            _ => OK.into(),
        }
    });
    for strategy in strategy::ALL {
        let workload = crate::test_server::workload("BR CN US");
        let (stats, records) = run(*strategy, &server, (&workload, 1), |run| run);
        assert_eq!(
            (stats.ok, stats.error, stats.redirects),
            (1, 2, 7),
            "{}",
            strategy.name()
        );
        let ends = records.iter().filter(|record| record.is_final);
        let mut ends: Vec<_> = ends.map(|r| (r.resource.name(), &r.outcome)).collect();
        ends.sort_unstable_by_key(|end| end.0.clone());
        let ends: Vec<_> = ends.into_iter().map(|end| end.1).collect();
        assert_eq!(
            ends,
            [
                &Outcome::Ok,
                &Outcome::Http(302),
                &Outcome::TooManyRedirects
            ]
        );
        let none = Policy {
            max_redirects: 0,
            ..Policy::default()
        };
        let (stats, _) = run(*strategy, &server, (&workload, 1), |run| {
            run.policy(none.clone())
        });
        assert_eq!(stats.outcomes["http_302"].downloads, 3);
    }
}

#[test]
fn without_reuse_every_attempt_opens_a_connection() {
    for strategy in strategy::ALL {
        let server = TestServer::start(|_, connection| {
            while connection.request().is_some() {
                connection.send(OK);
            }
        });
        let no_reuse = Policy {
            reuse: false,
            ..Policy::default()
        };
        let workload = crate::test_server::workload("BR CN US");
        let (stats, records) = run(*strategy, &server, (&workload, 1), |run| {
            run.policy(no_reuse.clone())
        });
        assert_eq!((stats.ok, server.connections()), (3, 3));
        assert!(records.iter().all(|record| !record.reused_connection));
        assert!(
            server
                .requests()
                .iter()
                .all(|head| head.contains("\r\nconnection: close\r\n"))
        );
        let (_, records) = run(*strategy, &server, (&workload, 1), |run| run);
        let reused: Vec<_> = records
            .iter()
            .map(|record| record.reused_connection)
            .collect();
        assert_eq!(reused, [false, true, true], "{}", strategy.name());
    }
}

/// Valid and invalid metadata for the same flag.
fn countries() -> TestServer {
    TestServer::responding(|head| {
        if head.contains(".gif ") {
            return OK.into();
        }
        let body = match code(head).as_str() {
            "BR" => r#"{"country": "Brazil"}"#,
            "CN" => "{",
            "US" => r#"{"iso_cc": "US"}"#,
            _ => return "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n".into(),
        };
        format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    })
}

#[test]
fn flag_is_named_by_country_or_removed() {
    let server = countries();
    let codes = ["BR", "CN", "US", "XX"].map(|code| code.parse().unwrap());
    for strategy in strategy::ALL {
        let folder = tempfile::tempdir().unwrap();
        let (workload, dir) = (Workload::with_metadata(codes), destination(folder.path()));
        let (stats, records) = run(*strategy, &server, (&workload, 3), |run| {
            run.destination(dir)
        });
        let name = strategy.name();
        assert_eq!(
            (stats.ok, stats.not_found, stats.error),
            (1, 0, 3),
            "{name}"
        );
        assert_eq!(
            (stats.attempts(), stats.outcomes["bad_metadata"].downloads),
            (8, 3)
        );
        assert!(
            records
                .iter()
                .all(|r| r.is_final == (r.kind == AttemptKind::Metadata))
        );
        let files = fs::read_dir(folder.path()).unwrap();
        let files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
        assert_eq!(files, ["Brazil--BR.gif"], "{name}");
    }
}

#[test]
fn failed_staging_requests_no_metadata() {
    for strategy in strategy::ALL {
        let server = countries();
        let folder = tempfile::tempdir().unwrap();
        let dir = destination(folder.path());
        fs::remove_dir(folder.path()).unwrap();
        let workload = Workload::with_metadata(["BR".parse().unwrap()]);
        let (stats, records) = run(*strategy, &server, (&workload, 1), |run| {
            run.destination(dir)
        });
        assert_eq!(
            (stats.error, stats.outcomes["write_failed"].downloads),
            (1, 1)
        );
        assert_eq!((records.len(), server.requests().len()), (1, 1));
        fs::create_dir(folder.path()).unwrap();
    }
}
