//! Strategies written outside the crate, by its public interface alone.

use crate::own_policies::{Halving, Teapots, site};
use crate::test_server::{LONG, OK, TestServer, code, destination, workload};
use flagpole_client::policy::{CustomRetry, Hedge, HedgeDelay};
use flagpole_client::{
    AsyncWorker, CancellationToken, Concurrency, NextAction, Policy, Run, RunError, Session,
    Strategy, Workload, measure, strategy,
};
use flagpole_protocol::{AttemptRecord, Outcome, RunStats};
use std::collections::BTreeSet;
use std::fs;
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

/// The time between the starts of two attempts.
const PACE: Duration = Duration::from_millis(1);

const OWN: [&dyn Strategy; 2] = [&Waves { limit: None }, &Paced(Duration::from_millis(1))];

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
fn own_strategies_save_by_country() {
    let server = TestServer::responding(|head| {
        if head.contains(".gif ") {
            return OK.into();
        }
        let body = format!(r#"{{"country": "Land of {}"}}"#, code(head));
        let length = body.len();
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}")
    });
    let codes = ["AA", "AB", "AC"].map(|code| code.parse().unwrap());
    let (workload, endpoint) = (Workload::with_metadata(codes), server.endpoint());
    for strategy in OWN {
        let folder = tempfile::tempdir().unwrap();
        let run = Run::new(&workload, &endpoint).destination(destination(folder.path()));
        let run = run.concurrency(Concurrency::new(2).unwrap());
        assert_eq!(strategy.run(&run).unwrap().ok, 3, "{}", strategy.name());
        for code in ["AA", "AB", "AC"] {
            let name = format!("Land_of_{code}--{code}.gif");
            assert!(folder.path().join(&name).exists(), "{}", strategy.name());
        }
    }
}

#[test]
fn task_that_waits_for_a_response_is_hedged() {
    // The first request has no response.
    let server = TestServer::start(|index, connection| {
        if index == 0 {
            connection.request();
            connection.hang();
        }
        while connection.request().is_some() {
            connection.send(OK);
        }
    });
    let (workload, endpoint) = (workload("AA"), server.endpoint());
    let hedge = Hedge {
        delay: HedgeDelay::Fixed(Duration::from_millis(5)),
        max_ratio: 1.0,
    };
    let policy = Policy {
        hedge: Some(hedge),
        ..Policy::default()
    };
    let run = Run::new(&workload, &endpoint).policy(policy).timeout(LONG);
    let run = run.concurrency(Concurrency::new(2).unwrap());
    let records = measure(&Paced(PACE), &run).unwrap().records;
    let outcomes: BTreeSet<_> = records
        .iter()
        .map(|record| record.outcome.label())
        .collect();
    assert_eq!(outcomes, ["hedge_lost", "ok"].map(Into::into).into());
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
