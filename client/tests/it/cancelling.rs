//! When a run is cancelled what is done is kept, what is in flight ends at once, and the rest is
//! counted.

use crate::server::{OK, Server, code, plan};
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
fn what_is_done_is_kept_and_everything_is_accounted_for() {
    for strategy in strategy::ALL {
        let cancel = CancellationToken::new();
        let (cancelled, kept) = (cancel.clone(), Arc::new(AtomicBool::new(false)));
        let is_kept = kept.clone();
        // AA is answered. Once it has been saved, whatever else was asked for cancels the run, and is
        // never answered.
        let server = Server::start(move |_, peer| {
            while let Some(head) = peer.request() {
                if code(&head) == "AA" {
                    peer.send(OK);
                    continue;
                }
                while !is_kept.load(SeqCst) {
                    thread::yield_now();
                }
                cancelled.cancel();
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let destination = DownloadDir::prepare(folder.path()).unwrap();
        let outcomes = Mutex::new(Vec::new());
        let keep = |record: &AttemptRecord| {
            outcomes.lock().unwrap().push(record.outcome.clone());
            kept.store(true, SeqCst);
        };
        let (plan, endpoint) = (plan("AA AB AC AD AE AF"), server.endpoint());
        let run = Run::new(&plan, &endpoint)
            .concurrency(Concurrency::new(2).unwrap())
            .cancel(cancel);
        let tally = strategy
            .run(&run.destination(&destination).on_record(&keep))
            .unwrap();

        let outcomes = outcomes.into_inner().unwrap();
        assert_eq!(outcomes[0], Outcome::Ok, "{}", strategy.name());
        assert!(outcomes.len() > 1, "something was in flight");
        assert!(
            outcomes[1..]
                .iter()
                .all(|outcome| *outcome == Outcome::Cancelled),
            "{outcomes:?}"
        );
        assert_eq!((tally.ok, tally.attempts()), (1, outcomes.len() as u64));
        assert_eq!(tally.attempts() + tally.unstarted, 6);
        assert!(tally.unstarted >= 3, "two lanes had no time for more");
        let left = fs::read_dir(folder.path())
            .unwrap()
            .map(|file| file.unwrap().file_name());
        assert_eq!(left.collect::<Vec<_>>(), ["aa.gif"]);
    }
}

#[test]
fn a_run_that_was_cancelled_before_it_began_sends_nothing() {
    let server = Server::answering(|_| OK.into());
    let cancel = CancellationToken::new();
    cancel.cancel();
    for strategy in strategy::ALL {
        let (tally, _) = server
            .run(strategy.name(), "BR US", |run| run.cancel(cancel.clone()))
            .unwrap();
        assert_eq!(
            (tally.attempts(), tally.unstarted),
            (0, 2),
            "{}",
            strategy.name()
        );
    }
    assert_eq!(server.requests().len(), 0);
}

/// Nothing is saved and nobody hears of records: a lane goes on by itself then, with nobody to stop it.
#[test]
fn a_lane_that_goes_on_by_itself_stops_too() {
    let hedging = Policy {
        hedge: Some(Hedge {
            delay: HedgeDelay::Fixed(Duration::from_secs(3600)),
            max_ratio: 1.0,
        }),
        ..Policy::default()
    };
    let plan = Workload::flags(CountryCode::every());
    let cases = strategy::ALL
        .iter()
        .flat_map(|strategy| [Policy::default(), hedging.clone()].map(|policy| (strategy, policy)));
    for (strategy, policy) in cases {
        let cancel = CancellationToken::new();
        let (cancelled, asked) = (cancel.clone(), AtomicUsize::new(0));
        // Twenty are answered. The next cancels the run, and is never answered.
        let server = Server::start(move |_, peer| {
            while peer.request().is_some() {
                if asked.fetch_add(1, SeqCst) < 20 {
                    peer.send(OK);
                } else {
                    cancelled.cancel();
                }
            }
        });
        let endpoint = server.endpoint();
        let run = Run::new(&plan, &endpoint)
            .concurrency(Concurrency::new(2).unwrap())
            .policy(policy)
            .cancel(cancel);
        let tally = strategy.run(&run).unwrap();
        let given_up = tally.attempts() - tally.ok;
        let name = strategy.name();
        // The other lane's may still be on its way.
        assert!((19..=20).contains(&tally.ok), "{name}: {tally:?}");
        assert!(
            (1..=2).contains(&given_up),
            "{name}: {given_up} on two lanes"
        );
        assert_eq!(tally.error, given_up, "{name}");
        assert_eq!(tally.unstarted, 676 - tally.attempts(), "{name}");
    }
}
