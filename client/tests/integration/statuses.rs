//! The outcome of a response with a status other than 2xx is that of its status, whatever happens to its body.

use crate::test_server::{EACH_DRIVER, LONG, OK, ServerConnection, TestServer};
use flagpole_client::Run;
use flagpole_protocol::{AttemptRecord, Outcome};
use std::time::Duration;

/// More than the servers of these tests send.
const DECLARED: usize = 5000;

/// The records of the download of one flag with each driver from a server that runs `script` for every connection.
fn records(
    script: impl Fn(&mut ServerConnection) + Send + Sync + 'static,
    set: impl Fn(Run<'_>) -> Run<'_>,
) -> Vec<Vec<AttemptRecord>> {
    let server = TestServer::start(move |_, connection| script(connection));
    let run = |name| server.run(name, "BR", &set).unwrap().1;
    EACH_DRIVER.into_iter().map(run).collect()
}

/// A head that declares a body, and the start of the body.
fn unfinished(status: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {DECLARED}\r\n\r\nhalf")
}

#[test]
fn incomplete_body_of_an_error_does_not_matter() {
    for (status, outcome) in [
        ("404 Not Found", Outcome::NotFound),
        ("410 Gone", Outcome::Http(410)),
        ("503 Service Unavailable", Outcome::Http(503)),
    ] {
        let cut = move |connection: &mut ServerConnection| {
            connection.request();
            connection.send(unfinished(status));
        };
        let reset = move |connection: &mut ServerConnection| {
            connection.request();
            connection.send(unfinished(status));
            connection.reset();
        };
        let all = [
            records(cut, |run| run.timeout(LONG)),
            records(reset, |run| run.timeout(LONG)),
        ];
        for record in all.iter().flatten().flatten() {
            // A reset may overtake the head.
            let is_overtaken =
                record.status.is_none() && record.outcome == Outcome::ConnectionReset;
            assert!(
                record.outcome == outcome || is_overtaken,
                "{status}: {}",
                record.outcome
            );
        }
    }
}

#[test]
fn body_of_an_error_may_exceed_the_limit() {
    let large = |connection: &mut ServerConnection| {
        while connection.request().is_some() {
            connection.send(unfinished("404 Not Found"));
            connection.send("x".repeat(DECLARED - 4));
        }
    };
    for records in records(large, |run| run.timeout(LONG).body_limit(1000)) {
        assert_eq!(records[0].outcome, Outcome::NotFound);
    }
}

#[test]
fn body_of_an_error_may_stall() {
    let stalled = |connection: &mut ServerConnection| {
        connection.request();
        connection.send(unfinished("404 Not Found"));
        connection.hang();
    };
    // Longer until the head comes in time on a busy machine.
    let mut timeout = Duration::from_millis(100);
    while timeout < LONG {
        let records = records(stalled, |run| run.timeout(timeout));
        if records.iter().all(|records| records[0].status.is_some()) {
            assert!(
                records
                    .iter()
                    .all(|records| records[0].outcome == Outcome::NotFound)
            );
            return;
        }
        timeout *= 2;
    }
    panic!("no head within {LONG:?}");
}

#[test]
fn redirect_with_an_unfinished_body_is_followed() {
    for limit in [1000, usize::MAX] {
        let redirecting = |connection: &mut ServerConnection| {
            while let Some(head) = connection.request() {
                if head.starts_with("GET /moved ") {
                    connection.send(OK);
                } else {
                    connection.send(unfinished("302 Found\r\nLocation: /moved"));
                    return;
                }
            }
        };
        for records in records(redirecting, |run| run.timeout(LONG).body_limit(limit)) {
            let outcomes: Vec<_> = records.iter().map(|record| &record.outcome).collect();
            assert_eq!(outcomes, [&Outcome::Redirected(302), &Outcome::Ok]);
        }
    }
}
