//! A cancelled run keeps completed downloads, ends attempts in flight at once and counts the rest.

use crate::test_server::{OK, TestServer, code, workload};
use flagpole_client::policy::{Hedge, HedgeDelay};
use flagpole_client::{
    CancellationToken, Concurrency, DownloadDir, Policy, Run, Workload, strategy,
};
use flagpole_protocol::CountryCode;
use flagpole_protocol::{AttemptRecord, Outcome};
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

#[test]
fn completed_downloads_are_kept_and_all_others_counted() {
    for strategy in strategy::ALL {
        let cancel = CancellationToken::new();
        let (cancelled, saved) = (cancel.clone(), Arc::new(AtomicBool::new(false)));
        let is_saved = saved.clone();
        // AA gets a response. Once that is saved, any other request cancels the run and gets no response.
        let server = TestServer::start(move |_, connection| {
            while let Some(head) = connection.request() {
                if code(&head) == "AA" {
                    connection.send(OK);
                    continue;
                }
                while !is_saved.load(SeqCst) {
                    thread::yield_now();
                }
                cancelled.cancel();
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let destination = DownloadDir::prepare(folder.path()).unwrap();
        let outcomes = Mutex::new(Vec::new());
        let collect = |record: &AttemptRecord| {
            outcomes.lock().unwrap().push(record.outcome.clone());
            saved.store(true, SeqCst);
        };
        let (workload, endpoint) = (workload("AA AB AC AD AE AF"), server.endpoint());
        let run = Run::new(&workload, &endpoint)
            .concurrency(Concurrency::new(2).unwrap())
            .cancel(cancel);
        let stats = strategy
            .run(&run.destination(&destination).on_record(&collect))
            .unwrap();

        let outcomes = outcomes.into_inner().unwrap();
        assert_eq!(outcomes[0], Outcome::Ok, "{}", strategy.name());
        assert!(outcomes.len() > 1, "an attempt was in flight");
        assert!(
            outcomes[1..]
                .iter()
                .all(|outcome| *outcome == Outcome::Cancelled),
            "{outcomes:?}"
        );
        assert_eq!((stats.ok, stats.attempts()), (1, outcomes.len() as u64));
        assert_eq!(stats.attempts() + stats.unstarted, 6);
        assert!(stats.unstarted >= 3, "concurrency is 2");
        let files = fs::read_dir(folder.path())
            .unwrap()
            .map(|file| file.unwrap().file_name());
        assert_eq!(files.collect::<Vec<_>>(), ["aa.gif"]);
    }
}

#[test]
fn run_cancelled_before_its_start_sends_nothing() {
    let server = TestServer::responding(|_| OK.into());
    let cancel = CancellationToken::new();
    cancel.cancel();
    for strategy in strategy::ALL {
        let (stats, _) = server
            .run(strategy.name(), "BR US", |run| run.cancel(cancel.clone()))
            .unwrap();
        assert_eq!(
            (stats.attempts(), stats.unstarted),
            (0, 2),
            "{}",
            strategy.name()
        );
    }
    assert_eq!(server.requests().len(), 0);
}

/// Without a folder and a record callback, a task takes its next attempt without the main task.
#[test]
fn task_that_takes_its_own_attempts_stops_when_cancelled() {
    let hedging = Policy {
        hedge: Some(Hedge {
            delay: HedgeDelay::Fixed(Duration::from_secs(3600)),
            max_ratio: 1.0,
        }),
        ..Policy::default()
    };
    let workload = Workload::flags(CountryCode::every());
    let cases = strategy::ALL
        .iter()
        .flat_map(|strategy| [Policy::default(), hedging.clone()].map(|policy| (strategy, policy)));
    for (strategy, policy) in cases {
        let cancel = CancellationToken::new();
        let (cancelled, requests) = (cancel.clone(), AtomicUsize::new(0));
        // Twenty requests get a response. The next one cancels the run and gets none.
        let server = TestServer::start(move |_, connection| {
            while connection.request().is_some() {
                if requests.fetch_add(1, SeqCst) < 20 {
                    connection.send(OK);
                } else {
                    cancelled.cancel();
                }
            }
        });
        let endpoint = server.endpoint();
        let run = Run::new(&workload, &endpoint)
            .concurrency(Concurrency::new(2).unwrap())
            .policy(policy)
            .cancel(cancel);
        let stats = strategy.run(&run).unwrap();
        let unfinished = stats.attempts() - stats.ok;
        let name = strategy.name();
        // The other connection's response may still be in transit.
        assert!((19..=20).contains(&stats.ok), "{name}: {stats:?}");
        assert!(
            (1..=2).contains(&unfinished),
            "{name}: {unfinished} at concurrency 2"
        );
        assert_eq!(stats.error, unfinished, "{name}");
        assert_eq!(stats.unstarted, 676 - stats.attempts(), "{name}");
    }
}
