//! Strategies and policies written outside the crate, by its public interface alone.

use crate::test_server::{LONG, OK, TestServer, destination, workload};
use flagpole_client::policy::{ConcurrencyLimit, CustomRetry, FailedTry, Retry, RetryRule};
use flagpole_client::{
    AsyncWorker, CancellationToken, Concurrency, NextAction, Policy, RequestMessage, Run, RunError,
    Session, Strategy, Workload, http, measure, strategy,
};
use flagpole_protocol::{AttemptRecord, ContentDigest, Outcome, RunStats};
use std::collections::HashMap;
use std::fs;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;
use tokio::{runtime::Builder, task::JoinSet, time::sleep};

/// As many attempts as the limit allows, all at once on threads; then it waits for all of them.
struct Waves {
    limit: Option<Halving>,
}

impl Strategy for Waves {
    fn name(&self) -> &'static str {
        "waves"
    }

    fn about(&self) -> &'static str {
        "threads that wait for each other after every attempt"
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        let mut session = Session::start(run)?;
        if let Some(limit) = &self.limit {
            session = session.limit(limit.clone());
        }
        let mut workers = Vec::new();
        while let Some(first) = session.wait() {
            let mut wave = vec![first];
            while let NextAction::Start(attempt) = session.next() {
                wave.push(attempt);
            }
            workers.resize_with(workers.len().max(wave.len()), || session.thread_worker());
            thread::scope(|scope| {
                for (worker, attempt) in workers.iter_mut().zip(wave) {
                    scope.spawn(|| session.report(&worker.make(attempt)));
                }
            });
        }
        Ok(session.finish())
    }
}

/// Tasks that start at least this long after each other.
struct Paced(Duration);

impl Strategy for Paced {
    fn name(&self) -> &'static str {
        "paced"
    }

    fn about(&self) -> &'static str {
        "tasks that start at a limited rate"
    }

    fn run(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        runtime
            .map_err(RunError::Runtime)?
            .block_on(self.run_tasks(run))
    }
}

impl Paced {
    async fn run_tasks(&self, run: &Run<'_>) -> Result<RunStats, RunError> {
        let session = Session::start(run)?;
        let mut tasks: JoinSet<(AsyncWorker, AttemptRecord)> = JoinSet::new();
        let mut idle = Vec::new();
        loop {
            let until = match session.next() {
                NextAction::Start(attempt) => {
                    let mut worker = idle.pop().unwrap_or_else(|| session.async_worker());
                    tasks.spawn(async move {
                        let record = worker.make(attempt).await;
                        (worker, record)
                    });
                    sleep(self.0).await;
                    continue;
                }
                NextAction::WaitUntil(until) => until,
                NextAction::WaitForAttempt => Duration::MAX,
                NextAction::Finished => break,
            };
            tokio::select! {
                Some(made) = tasks.join_next() => {
                    let (worker, record) = made.unwrap();
                    session.report(&record);
                    idle.push(worker);
                }
                () = sleep(until.saturating_sub(session.elapsed())), if until < Duration::MAX => {}
                () = session.cancelled() => {}
            }
        }
        while let Some(made) = tasks.join_next().await {
            session.report(&made.unwrap().1);
        }
        Ok(session.finish())
    }
}

/// Retries teapots twice, and nothing else.
#[derive(Debug)]
struct Teapots;

impl RetryRule for Teapots {
    fn max_attempts(&self) -> u32 {
        3
    }

    fn is_retryable(&self, outcome: &Outcome) -> bool {
        *outcome == Outcome::Http(418)
    }

    fn backoff(&self, failed: &FailedTry) -> Option<Duration> {
        Some(Duration::from_millis(1) * failed.tries)
    }
}

/// Half as many attempts after every result, at least one.
#[derive(Clone, Debug)]
struct Halving(usize);

impl ConcurrencyLimit for Halving {
    fn get(&self) -> usize {
        self.0
    }

    fn on_result(&mut self, _: &Outcome, _: Duration, _: Duration) {
        self.0 = (self.0 / 2).max(1);
    }
}

const OWN: [&dyn Strategy; 2] = [&Waves { limit: None }, &Paced(Duration::from_millis(1))];

/// The first two responses to any flag but AA, which is not found, are a 418; AD redirects to AE.
fn site() -> TestServer {
    let requests = Mutex::new(HashMap::<String, u32>::new());
    TestServer::responding(move |head| {
        let path = head.split(' ').nth(1).unwrap();
        let mut requests = requests.lock().unwrap();
        let count = requests.entry(path.to_owned()).or_default();
        *count += 1;
        match path {
            "/flags/aa/aa.gif" => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".into(),
            "/flags/ad/ad.gif" => {
                "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n".into()
            }
            "/other" => OK.into(),
            _ if *count <= 2 => "HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n".into(),
            _ => OK.into(),
        }
    })
}

/// How often each kind of attempt had each outcome.
fn sorted(records: &[AttemptRecord]) -> Vec<(String, String, String)> {
    let of_record = |record: &AttemptRecord| {
        let (resource, kind) = (record.resource.name(), format!("{:?}", record.kind));
        (resource, kind, record.outcome.label().into_owned())
    };
    let mut all: Vec<_> = records.iter().map(of_record).collect();
    all.sort();
    all
}

#[test]
fn own_strategies_follow_the_policy_as_the_built_in_ones_do() {
    let run_with = |strategy: &dyn Strategy| {
        let (server, folder) = (site(), tempfile::tempdir().unwrap());
        let (workload, endpoint) = (workload("AA AB AC AD AE AF"), server.endpoint());
        let policy = Policy {
            custom_retry: Some(CustomRetry::new(Teapots)),
            ..Policy::default()
        };
        let run = Run::new(&workload, &endpoint).policy(policy);
        let run = run.concurrency(Concurrency::new(3).unwrap());
        let run = run.destination(destination(folder.path()));
        let measured = measure(strategy, &run).unwrap();
        let mut files: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        files.sort();
        assert_eq!(measured.stats.attempts(), measured.records.len() as u64);
        (sorted(&measured.records), files)
    };
    let expected = run_with(strategy::by_name("sequential").unwrap());
    assert_eq!(
        expected.1,
        ["ab.gif", "ac.gif", "ad.gif", "ae.gif", "af.gif"]
    );
    for strategy in OWN.iter().chain(strategy::ALL) {
        assert_eq!(run_with(*strategy), expected, "{}", strategy.name());
    }
}

#[test]
fn rule_of_ones_own_decides_what_is_retried_and_when() {
    for strategy in strategy::ALL {
        let (workload, server) = (workload("AB"), site());
        let endpoint = server.endpoint();
        let policy = Policy {
            retry: Retry {
                max_attempts: 9,
                ..Retry::default()
            },
            custom_retry: Some(CustomRetry::new(Teapots)),
            ..Policy::default()
        };
        let run = Run::new(&workload, &endpoint).policy(policy).name("x");
        let records = measure(*strategy, &run).unwrap().records;
        let backoffs: Vec<_> = records
            .iter()
            .map(|record| record.backoff.as_millis())
            .collect();
        let numbers: Vec<_> = records.iter().map(|record| record.request_number).collect();
        assert_eq!(
            (backoffs, numbers),
            (vec![0, 1, 2], vec![1, 2, 3]),
            "{}",
            strategy.name()
        );
    }
}

#[test]
fn limit_of_ones_own_decides_the_concurrency() {
    let codes: Vec<_> = ('A'..='P').map(|second| format!("A{second}")).collect();
    let codes = codes.join(" ");
    let server = TestServer::responding(|_| OK.into());
    let waves = Waves {
        limit: Some(Halving(8)),
    };
    let (workload, endpoint) = (workload(&codes), server.endpoint());
    let run = Run::new(&workload, &endpoint).concurrency(Concurrency::MAX);
    let measured = measure(&waves, &run).unwrap();
    assert_eq!(measured.stats.ok, 16);
    // Eight attempts in the first wave bring the limit to one.
    assert_eq!(server.connections(), 8);
}

#[test]
fn session_ends_when_the_run_is_cancelled() {
    for strategy in OWN {
        let cancel = CancellationToken::new();
        let canceller = cancel.clone();
        let server = TestServer::start(move |_, connection| {
            connection.request();
            canceller.cancel();
            connection.hang();
        });
        let (workload, endpoint) = (workload("AA AB AC"), server.endpoint());
        let run = Run::new(&workload, &endpoint).cancel(cancel).timeout(LONG);
        let measured = measure(strategy, &run).unwrap();
        assert_eq!(measured.records[0].outcome, Outcome::Cancelled);
        assert_eq!(measured.records.len(), 1, "{}", strategy.name());
    }
}

#[test]
fn attempt_that_is_dropped_ends_the_run() {
    let server = TestServer::responding(|_| OK.into());
    let (workload, endpoint) = (workload("AA AB"), server.endpoint());
    let session = Session::start(&Run::new(&workload, &endpoint)).unwrap();
    drop(session.wait());
    assert!(session.wait().is_none());
    assert!(matches!(session.next(), NextAction::Finished));
    assert_eq!(session.finish().unstarted, 2);
}

#[test]
fn any_request_can_be_sent() {
    let server = TestServer::responding(|_| OK.into());
    let message = RequestMessage::new(http::Method::PUT).unwrap();
    let message = message.field("X-Flag", "BR").unwrap().content("{}");
    let paths = ["/a?b=1", "/c"].map(|path| path.parse().unwrap());
    let (workload, endpoint) = (
        Workload::paths(paths).with_message(message),
        server.endpoint(),
    );
    for strategy in OWN.iter().chain(strategy::ALL) {
        let measured = measure(*strategy, &Run::new(&workload, &endpoint)).unwrap();
        assert_eq!(measured.stats.ok, 2);
    }
    for head in server.requests() {
        assert!(head.contains("PUT /"), "{head}");
        assert!(
            head.to_ascii_lowercase().contains("\r\nx-flag: br\r\n"),
            "{head}"
        );
    }
}

#[test]
fn response_to_head_is_not_verified_by_the_digest_of_its_representation() {
    let server = TestServer::responding(|_| {
        let digest = ContentDigest::from_body(b"flag");
        format!(
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Digest: {digest}\r\nRepr-Digest: {digest}\r\n\r\n"
        )
    });
    let head = RequestMessage::new(http::Method::HEAD).unwrap();
    let workload = Workload::paths(["/a".parse().unwrap(), "/b".parse().unwrap()]);
    let (workload, endpoint) = (workload.with_message(head), server.endpoint());
    for strategy in strategy::ALL {
        let stats = strategy.run(&Run::new(&workload, &endpoint)).unwrap();
        assert_eq!(stats.ok, 2, "{}", strategy.name());
    }
    assert!(server.requests()[0].starts_with("HEAD /a "));
}

#[test]
fn only_a_get_is_conditional() {
    let server = TestServer::responding(|_| OK.into());
    let folder = tempfile::tempdir().unwrap();
    let resuming = destination(folder.path())
        .clone()
        .resuming("http://here", 1000);
    for method in [http::Method::GET, http::Method::GET, http::Method::POST] {
        let message = RequestMessage::new(method).unwrap();
        let workload = Workload::paths(["/a".parse().unwrap()]).with_message(message);
        let endpoint = server.endpoint();
        let run = Run::new(&workload, &endpoint).destination(&resuming);
        strategy::by_name("async").unwrap().run(&run).unwrap();
    }
    let conditional = server
        .requests()
        .into_iter()
        .map(|head| head.to_ascii_lowercase().contains("if-none-match"));
    assert_eq!(conditional.collect::<Vec<_>>(), [false, true, false]);
}
