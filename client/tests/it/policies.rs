//! Policies hold under every strategy, on real connections.

use crate::server::{OK, Server, code, destination};
use flagpole_client::policy::{Hedge, HedgeDelay, RedirectPolicy, Retry, Timeouts};
use flagpole_client::{Concurrency, Policy, Run, Strategy, Workload, strategy};
use flagpole_protocol::CountryCode;
use flagpole_protocol::TimeoutKind;
use flagpole_protocol::{AttemptKind, AttemptRecord, Outcome, RunStats};
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
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

/// Carries out a plan by a strategy on so many lanes.
fn run(
    strategy: &dyn Strategy,
    server: &Server,
    (plan, lanes): (&Workload, usize),
    set: impl Fn(Run<'_>) -> Run<'_>,
) -> (RunStats, Vec<AttemptRecord>) {
    let (records, endpoint) = (Mutex::new(Vec::new()), server.endpoint());
    let keep = |record: &AttemptRecord| records.lock().unwrap().push(record.clone());
    let run = Run::new(plan, &endpoint).concurrency(Concurrency::new(lanes).unwrap());
    let tally = strategy.run(&set(run.on_record(&keep))).unwrap();
    (tally, records.into_inner().unwrap())
}

fn nth(head: &str) -> u64 {
    let value = head.split("flagpole-nth: ").nth(1).unwrap();
    value.split("\r\n").next().unwrap().parse().unwrap()
}

#[test]
fn what_fails_twice_is_had_by_the_third_try() {
    let server = Server::answering(|head| (if nth(head) <= 2 { BUSY } else { OK }).into());
    for strategy in strategy::ALL {
        let plan = crate::server::plan("BR CN US");
        let (tally, records) = run(*strategy, &server, (&plan, 2), |run| {
            run.policy(retrying(3)).name("x")
        });
        let name = strategy.name();
        assert_eq!(
            (tally.ok, tally.error, tally.unstarted),
            (3, 0, 0),
            "{name}"
        );
        assert_eq!((tally.attempts(), tally.retries), (9, 6), "{name}");
        assert_eq!((tally.bytes, tally.wasted_bytes), (111, 24));
        for record in &records {
            assert_eq!(u64::from(record.attempt), record.request_number);
            assert_eq!(record.is_final, record.request_number == 3);
            assert!(record.sent >= record.due && record.due >= record.backoff);
        }
        let waited = records
            .iter()
            .map(|record| record.backoff)
            .sum::<Duration>();
        assert_eq!(tally.backoff, waited);
    }
}

/// Who hears of records is told by the loop, which looks for more to do then; without anybody it has to be
/// told that there is more.
#[test]
fn all_is_done_though_nobody_hears_of_it() {
    let moved = "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n";
    let server = Server::answering(move |head| match nth(head) {
        _ if head.starts_with("GET /there ") => OK.into(),
        1 => BUSY.into(),
        _ if code(head) == "BR" => moved.into(),
        _ => OK.into(),
    });
    for strategy in strategy::ALL {
        let policy = Policy {
            redirects: RedirectPolicy { max: 1 },
            ..retrying(2)
        };
        let (plan, endpoint) = (crate::server::plan("BR CN US ID IN"), server.endpoint());
        let run = Run::new(&plan, &endpoint)
            .concurrency(Concurrency::new(2).unwrap())
            .policy(policy)
            .name("x");
        let tally = strategy.run(&run).unwrap();
        let name = strategy.name();
        assert_eq!(
            (tally.ok, tally.error, tally.unstarted),
            (5, 0, 0),
            "{name}"
        );
        assert_eq!((tally.retries, tally.redirects), (5, 1), "{name}");
        assert_eq!(tally.attempts(), 11, "{name}");
    }
}

#[test]
fn a_404_is_asked_for_once() {
    let server = Server::answering(|_| "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n".into());
    for strategy in strategy::ALL {
        let plan = crate::server::plan("BR US");
        let (tally, _) = run(*strategy, &server, (&plan, 2), |run| {
            run.policy(retrying(9))
        });
        assert_eq!((tally.not_found, tally.attempts()), (2, 2));
    }
}

#[test]
fn a_hedge_is_the_answer_where_the_first_request_hangs() {
    for strategy in strategy::ALL.iter().filter(|s| s.is_concurrent()) {
        let server = Server::start(|_, peer| {
            while let Some(head) = peer.request() {
                match nth(&head) {
                    1 if code(&head) == "BR" => peer.hang(),
                    _ => peer.send(OK),
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
        let plan = crate::server::plan("BR US");
        let (tally, records) = run(*strategy, &server, (&plan, 3), |run| {
            run.policy(policy.clone()).name("x")
        });
        assert_eq!((tally.ok, tally.error), (2, 0), "{}", strategy.name());
        assert!(tally.outcomes["hedge_lost"].attempts >= 1);
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

/// Many a try ends in the moment in which its hedge begins. If only one hedge were forgotten, the run
/// would wait for it until the timeout.
#[test]
fn a_hedge_that_comes_when_the_answer_does_is_given_up() {
    let delay = Duration::from_millis(5);
    let server = Server::start(move |_, peer| {
        while let Some(head) = peer.request() {
            if nth(&head) == 1 {
                std::thread::sleep(delay);
                peer.send(OK);
            } else {
                peer.hang();
            }
        }
    });
    let hedge = Hedge {
        delay: HedgeDelay::Fixed(delay),
        max_ratio: 1.0,
    };
    let patience = Duration::from_secs(20);
    let policy = Policy {
        hedge: Some(hedge),
        timeouts: Timeouts {
            total: Some(patience),
            ..Timeouts::default()
        },
        ..Policy::default()
    };
    let plan = Workload::flags(CountryCode::every().take(100));
    for strategy in strategy::ALL.iter().filter(|s| s.is_concurrent()) {
        let (tally, records) = run(*strategy, &server, (&plan, 8), |run| {
            run.policy(policy.clone()).name("x")
        });
        let name = strategy.name();
        assert_eq!((tally.ok, tally.error), (100, 0), "{name}");
        let is_quick = |record: &AttemptRecord| record.service_time() < patience / 2;
        assert!(records.iter().all(is_quick), "{name}");
    }
}

#[test]
fn redirects_lead_to_the_flag_within_the_site_only() {
    let to = |place: &str| {
        format!("HTTP/1.1 302 There\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n")
    };
    let server = Server::answering(move |head| {
        let path = head.split(' ').nth(1).unwrap();
        match path {
            "/flags/br/br.gif" => to("/elsewhere?1"),
            "/elsewhere?1" => to("../elsewhere?2"),
            "/flags/cn/cn.gif" => to("http://127.0.0.1:1/"),
            "/flags/us/us.gif" => to("us.gif"),
            _ => OK.into(),
        }
    });
    for strategy in strategy::ALL {
        let plan = crate::server::plan("BR CN US");
        let (tally, records) = run(*strategy, &server, (&plan, 1), |run| run);
        assert_eq!(
            (tally.ok, tally.error, tally.redirects),
            (1, 2, 7),
            "{}",
            strategy.name()
        );
        let ends = records.iter().filter(|record| record.is_final);
        let mut ends: Vec<_> = ends
            .map(|r| (r.resource.code().to_string(), &r.outcome))
            .collect();
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
            redirects: RedirectPolicy { max: 0 },
            ..Policy::default()
        };
        let (tally, _) = run(*strategy, &server, (&plan, 1), |run| {
            run.policy(none.clone())
        });
        assert_eq!(tally.outcomes["http_302"].downloads, 3);
    }
}

#[test]
fn without_reuse_every_attempt_has_a_connection_and_says_so() {
    for strategy in strategy::ALL {
        let server = Server::start(|_, peer| {
            while peer.request().is_some() {
                peer.send(OK);
            }
        });
        let alone = Policy {
            reuse: false,
            ..Policy::default()
        };
        let plan = crate::server::plan("BR CN US");
        let (tally, records) = run(*strategy, &server, (&plan, 1), |run| {
            run.policy(alone.clone())
        });
        assert_eq!((tally.ok, server.connections()), (3, 3));
        assert!(records.iter().all(|record| !record.reused_connection));
        assert!(
            server
                .requests()
                .iter()
                .all(|head| head.contains("\r\nconnection: close\r\n"))
        );
        let (_, records) = run(*strategy, &server, (&plan, 1), |run| run);
        let reused: Vec<_> = records
            .iter()
            .map(|record| record.reused_connection)
            .collect();
        assert_eq!(reused, [false, true, true], "{}", strategy.name());
    }
}

#[test]
fn an_outcome_says_which_limit_was_not_kept() {
    let ms = Duration::from_millis;
    let server = Server::start(|_, peer| {
        let head = peer.request().unwrap_or_default();
        if head.contains("/us/") {
            peer.send(&OK[..OK.len() - 1]);
        }
        peer.hang();
    });
    let timeouts = Timeouts {
        connect: Some(ms(5000)),
        first_byte: Some(ms(50)),
        total: Some(ms(150)),
    };
    for strategy in strategy::ALL {
        let plan = crate::server::plan("BR US");
        let policy = Policy {
            timeouts,
            ..Policy::default()
        };
        let (_, records) = run(*strategy, &server, (&plan, 1), |run| {
            run.policy(policy.clone())
        });
        let outcomes: Vec<_> = records
            .iter()
            .map(|record| record.outcome.clone())
            .collect();
        let expected = [
            Outcome::Timeout(TimeoutKind::FirstByte, ms(50)),
            Outcome::Timeout(TimeoutKind::Total, ms(150)),
        ];
        assert_eq!(outcomes, expected, "{}", strategy.name());
    }
}

/// Metadata of all kinds behind the same flag.
fn countries() -> Server {
    Server::answering(|head| {
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
fn a_flag_has_its_countrys_name_or_is_not_there() {
    let server = countries();
    let codes = ["BR", "CN", "US", "XX"].map(|code| code.parse().unwrap());
    for strategy in strategy::ALL {
        let folder = tempfile::tempdir().unwrap();
        let (plan, place) = (Workload::with_metadata(codes), destination(folder.path()));
        let (tally, records) = run(*strategy, &server, (&plan, 3), |run| run.destination(place));
        let name = strategy.name();
        assert_eq!(
            (tally.ok, tally.not_found, tally.error),
            (1, 0, 3),
            "{name}"
        );
        assert_eq!(
            (tally.attempts(), tally.outcomes["bad_metadata"].downloads),
            (8, 3)
        );
        assert!(
            records
                .iter()
                .all(|r| r.is_final == (r.kind == AttemptKind::Metadata))
        );
        let left = fs::read_dir(folder.path()).unwrap();
        let left: Vec<_> = left.map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, ["Brazil--BR.gif"], "{name}");
    }
}

#[test]
fn a_flag_that_cannot_be_put_by_has_no_metadata_asked_for() {
    for strategy in strategy::ALL {
        let server = countries();
        let folder = tempfile::tempdir().unwrap();
        let place = destination(folder.path());
        fs::remove_dir(folder.path()).unwrap();
        let plan = Workload::with_metadata(["BR".parse().unwrap()]);
        let (tally, records) = run(*strategy, &server, (&plan, 1), |run| run.destination(place));
        assert_eq!(
            (tally.error, tally.outcomes["write_failed"].downloads),
            (1, 1)
        );
        assert_eq!((records.len(), server.requests().len()), (1, 1));
        fs::create_dir(folder.path()).unwrap();
    }
}

#[test]
fn no_strategy_has_more_in_flight_than_its_lanes_whatever_the_policy() {
    static NOW: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    let server = Server::answering(|head| {
        MOST.fetch_max(NOW.fetch_add(1, SeqCst) + 1, SeqCst);
        std::thread::sleep(Duration::from_millis(1));
        NOW.fetch_sub(1, SeqCst);
        (if nth(head) == 1 { BUSY } else { OK }).into()
    });
    for strategy in strategy::ALL {
        let plan = crate::server::plan("AA AB AC AD AE AF AG AH AI AJ");
        let (tally, _) = run(*strategy, &server, (&plan, 3), |run| {
            run.policy(retrying(2)).name("x")
        });
        assert_eq!((tally.ok, tally.retries), (10, 10), "{}", strategy.name());
    }
    assert!(MOST.load(SeqCst) <= 3);
}
