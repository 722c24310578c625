//! How the client closes a connection: by a reset while a response is outstanding, otherwise by a FIN.

use crate::test_server::{EACH_DRIVER, LONG, OK, TestServer, by_name, request_number, workload};
use flagpole_client::policy::{Hedge, HedgeDelay, Retry, Timeouts};
use flagpole_client::{CancellationToken, Concurrency, Policy, Run, fetch, strategy};
use flagpole_protocol::{Outcome, Resource};
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

const RESET: Option<ErrorKind> = Some(ErrorKind::ConnectionReset);
const FIN: Option<ErrorKind> = None;

/// A part of a response.
const PART: &str = "HTTP/1.1 200 OK\r\nContent-Length: 29\r\n\r\nGIF89a";

/// Far longer than a test takes.
const HOUR: Duration = Duration::from_secs(3600);

type Ends = Receiver<Option<ErrorKind>>;

/// Answers requests as `respond` says; `None` leaves a request without a response. Reports how each connection ends
/// that had a request.
fn server_that_sees_ends(
    respond: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
) -> (TestServer, Ends) {
    let (sender, ends) = channel();
    let server = TestServer::start(move |_, connection| {
        let mut requests = 0;
        while let Some(head) = connection.request() {
            requests += 1;
            let Some(response) = respond(&head) else {
                break;
            };
            connection.send(response);
        }
        if requests > 0 {
            // Fails after the test.
            let _ = sender.send(connection.wait_for_end());
        }
    });
    (server, ends)
}

/// Runs a strategy until the server has seen the end of a connection.
fn first_end(strategy: &str, policy: Policy, response: &'static str) -> Option<ErrorKind> {
    let (server, ends) = server_that_sees_ends(move |_| Some(response.into()));
    let (workload, endpoint, cancel) =
        (workload("BR"), server.endpoint(), CancellationToken::new());
    let run = Run::new(&workload, &endpoint)
        .policy(policy)
        .cancel(cancel.clone());
    thread::scope(|scope| {
        scope.spawn(|| by_name(strategy).run(&run).unwrap());
        let end = ends.recv_timeout(LONG);
        cancel.cancel();
        end.unwrap_or_else(|_| panic!("{strategy} left the connection open"))
    })
}

#[test]
fn cancelled_run_resets_its_connections() {
    for strategy in strategy::ALL {
        for part in ["", PART] {
            let cancel = CancellationToken::new();
            let cancelled = cancel.clone();
            let (server, ends) = server_that_sees_ends(move |_| {
                cancelled.cancel();
                Some(part.into())
            });
            let (_, records) = server
                .run(strategy.name(), "BR", |run| run.cancel(cancel.clone()))
                .unwrap();
            assert_eq!(records[0].outcome, Outcome::Cancelled);
            assert_eq!(ends.recv_timeout(LONG), Ok(RESET), "{}", strategy.name());
        }
    }
}

/// The reset does not wait for the next attempt, which is due much later.
#[test]
fn timed_out_attempt_resets_its_connection_at_once() {
    let later = Retry {
        max_attempts: 2,
        base_delay: HOUR,
        max_delay: HOUR,
        ..Retry::default()
    };
    let policy = Policy {
        timeouts: Timeouts {
            first_byte: Some(Duration::from_millis(20)),
            ..Timeouts::default()
        },
        retry: later,
        ..Policy::default()
    };
    for strategy in strategy::ALL {
        let end = first_end(strategy.name(), policy.clone(), "");
        assert_eq!(end, RESET, "{}", strategy.name());
    }
}

#[test]
fn timeout_within_a_body_resets_the_connection() {
    let policy = Policy {
        timeouts: Timeouts {
            total: Some(Duration::from_millis(100)),
            ..Timeouts::default()
        },
        // On a busy machine, an attempt may time out before it has sent its request.
        retry: Retry {
            max_attempts: 1000,
            base_delay: Duration::from_millis(1),
            ..Retry::default()
        },
        ..Policy::default()
    };
    for strategy in strategy::ALL {
        let end = first_end(strategy.name(), policy.clone(), PART);
        assert_eq!(end, RESET, "{}", strategy.name());
    }
}

#[test]
fn response_that_is_given_up_resets_the_connection() {
    for strategy in EACH_DRIVER {
        for response in [
            "no HTTP\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n",
        ] {
            let end = first_end(strategy, Policy::default(), response);
            assert_eq!(end, RESET, "{strategy}: {response}");
        }
    }
}

#[test]
fn superseded_attempt_resets_its_connection() {
    for strategy in strategy::ALL.iter().filter(|s| s.is_concurrent()) {
        let is_first_read = AtomicBool::new(false);
        let (server, ends) = server_that_sees_ends(move |head| {
            if request_number(head) == 1 {
                is_first_read.store(true, SeqCst);
                return None;
            }
            // On a busy machine, the hedge may arrive before the request that it duplicates.
            while !is_first_read.load(SeqCst) {
                thread::yield_now();
            }
            Some(OK.into())
        });
        let hedge = Hedge {
            delay: HedgeDelay::Fixed(Duration::from_millis(20)),
            max_ratio: 1.0,
        };
        let policy = Policy {
            hedge: Some(hedge),
            ..Policy::default()
        };
        let (stats, _) = server
            .run(strategy.name(), "BR", |run| {
                let run = run.concurrency(Concurrency::new(2).unwrap());
                run.policy(policy.clone()).name("x")
            })
            .unwrap();
        assert_eq!(stats.ok, 1);
        let mut both = [(); 2].map(|()| ends.recv_timeout(LONG).unwrap());
        both.sort_unstable_by_key(Option::is_some);
        assert_eq!(both, [FIN, RESET], "{}", strategy.name());
    }
}

#[test]
fn dropped_fetch_resets_its_connection() {
    let (started, is_started) = channel();
    let (server, ends) = server_that_sees_ends(move |_| {
        started.send(()).unwrap();
        None
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let endpoint = server.endpoint();
    let flag = Resource::Flag("BR".parse().unwrap());
    let task = runtime.spawn(async move { fetch(&endpoint, flag).await });
    is_started.recv().unwrap();
    task.abort();
    assert_eq!(ends.recv_timeout(LONG), Ok(RESET));
}

#[test]
fn connections_end_with_a_fin_after_complete_responses() {
    let head = "HTTP/1.1 200 OK\r\n";
    let close = OK.replacen(head, &format!("{head}Connection: close\r\n"), 1);
    let body = OK.split_once("\r\n\r\n").unwrap().1;
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n1d\r\n{body}\r\n0\r\n\r\n");
    for strategy in strategy::ALL {
        for response in [OK, &close, &chunked] {
            for reuse in [true, false] {
                let response = response.to_owned();
                let (server, ends) = server_that_sees_ends(move |_| Some(response.clone()));
                let policy = Policy {
                    reuse,
                    ..Policy::default()
                };
                let (stats, _) = server
                    .run(strategy.name(), "BR CN US", |run| {
                        run.policy(policy.clone())
                    })
                    .unwrap();
                assert_eq!(stats.ok, 3);
                for _ in 0..server.connections() {
                    assert_eq!(ends.recv_timeout(LONG), Ok(FIN), "{}", strategy.name());
                }
            }
        }
    }
}

/// The server has ended the response itself, so that there is nothing to cancel.
#[test]
fn connection_that_the_server_has_half_closed_ends_with_a_fin() {
    for strategy in EACH_DRIVER {
        for part in ["", PART] {
            let (sender, ends) = channel();
            let server = TestServer::start(move |_, connection| {
                if connection.request().is_some() {
                    connection.send(part);
                    connection.half_close();
                    sender.send(connection.wait_for_end()).unwrap();
                }
            });
            server.run(strategy, "BR", |run| run).unwrap();
            assert_eq!(ends.recv_timeout(LONG), Ok(FIN), "{strategy}");
        }
    }
}
