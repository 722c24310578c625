//! A hedge that wins, in records and ledger. Which attempts are hedged, and how many, is tested by simulation.

use super::{MS, by_download, labels, server_with_rule};
use crate::agreement_util::{TestRun, assert_agree};
use crate::combos::{codes, concurrency, with_every_combo};
use crate::servers::{FinishedRequest, finish};
use flagpole_analysis::bound::Bound;
use flagpole_client::policy::{Hedge, HedgeDelay, Policy};
use flagpole_client::{Endpoint, Run, Workload};
use flagpole_protocol::{AttemptKind, AttemptRecord, ResponseEnd};
use flagpole_server::Rule;
use std::time::Duration;

/// A timeout that must not expire.
const LONG_TIMEOUT: Duration = Duration::from_secs(20);

fn delayed(n: &str, latency: &str) -> Rule {
    let rule = Rule::default().n(n.parse().unwrap());
    rule.latency(latency.parse().unwrap())
}

fn hedged_after(after: Duration) -> Policy {
    Policy {
        hedge: Some(Hedge {
            delay: HedgeDelay::Fixed(after),
            max_ratio: 1.0,
        }),
        ..Policy::default()
    }
}

#[test]
fn winning_hedge_cancels_the_hedged_attempt() {
    // Without retries the first attempt has number 1 and its hedge number 2.
    let (workload, server) = (
        Workload::flags(codes("BR US")),
        server_with_rule(delayed("1", "1h")),
    );
    let endpoint = Endpoint::from(server.addr());
    let runs = with_every_combo(|combo| {
        // Each hedge needs a free connection. With concurrency 1 only the timeout ends the attempt.
        let run = Run::new(&workload, &endpoint).concurrency(concurrency(4));
        let run = run.policy(hedged_after(30 * MS)).timeout(LONG_TIMEOUT);
        let is_concurrent = combo.strategy.is_concurrent();
        is_concurrent.then(|| (combo, combo.measure(run)))
    });
    let runs: Vec<TestRun> = runs.into_iter().flatten().collect();
    let finished = finish(server);
    assert_agree(&runs, &finished);
    let (ledger, requests) = finished;
    for (combo, run) in &runs {
        for records in by_download(run) {
            assert_eq!(labels(&records), ["hedge_lost", "ok"], "{}", combo.name());
            let summary =
                |record: &AttemptRecord| (record.kind, record.request_number, record.is_final);
            assert_eq!(summary(records[0]), (AttemptKind::First, 1, false));
            assert_eq!(summary(records[1]), (AttemptKind::Hedge, 2, true));
            assert!(records[1].sent >= records[0].due + 30 * MS);
        }
        let stats = &run.stats;
        assert_eq!((stats.ok, stats.error, stats.hedges), (2, 0, 2));
        assert!(run.wall < LONG_TIMEOUT / 2, "the loser is not waited for");
        assert_eq!(Bound::for_run(run), None, "no bound holds for a hedged run");
    }
    let each = 2 * runs.len() as u64;
    // A busy server may not have read a loser's request when its connection is reset.
    assert_eq!(ledger.completed, each, "each hedge wins");
    assert_eq!(
        ledger.aborted,
        ledger.requests - each,
        "losers are cancelled"
    );
    assert!(ledger.requests <= 2 * each);
    let is_first_given_up = |(request, outcome): &FinishedRequest| {
        let is_completed = outcome.end == ResponseEnd::Completed;
        is_completed == (request.request_number == Some(2))
    };
    assert!(requests.iter().all(is_first_given_up));
}
