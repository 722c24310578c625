//! Shards and their event loops together make the requests of one run.

use super::arrivals::schedule::Arrivals;
use super::arrivals::stages::Stages;
use super::arrivals::unit_process::ArrivalProcess;
use super::closed_source::ClosedSource;
use super::open_source::OpenSource;
use super::request_limit::RequestLimit;
use super::share::Share;
use super::source::{EndedRequest, RequestSource, SourceAction};
use super::targets::order::{TargetOrder, TargetSequence};
use flagpole_protocol::Outcome;
use proptest::prelude::*;
use std::time::Duration;

/// (number, target, due) of a request.
type Made = (u64, usize, Option<Duration>);

/// All requests of a source, each of which ends as soon as it has started.
fn requests(mut source: impl RequestSource) -> Vec<Made> {
    let (mut made, mut now) = (Vec::new(), Duration::ZERO);
    loop {
        match source.next(now) {
            SourceAction::Start(request) => {
                made.push((request.number, request.target, request.due));
                source.on_end(&EndedRequest {
                    user: request.user,
                    at: now + Duration::from_millis(1),
                    outcome: &Outcome::Ok,
                    response: None,
                });
            }
            SourceAction::SleepUntil(until) => now = until,
            SourceAction::Blocked | SourceAction::Finished => return made,
        }
    }
}

/// The requests of all loops of all processes, in the order of their numbers.
fn of_all(loops: &[usize], mut of_process: impl FnMut(Share, usize) -> Vec<Made>) -> Vec<Made> {
    let processes = Share::WHOLE.divided(loops.len()).zip(loops);
    let made = processes.flat_map(|(process, loops)| of_process(process, *loops));
    let mut made: Vec<_> = made.collect();
    made.sort_unstable();
    made
}

fn targets() -> impl Strategy<Value = TargetSequence> {
    let order = prop::sample::select(TargetOrder::ALL.to_vec());
    let weights = prop::collection::vec(1u32..5, 1..6);
    (order, any::<u64>(), weights)
        .prop_map(|(order, seed, weights)| TargetSequence::new(order, seed, weights))
}

/// The numbers of loops of 1 to 6 processes, whose machines may have different numbers of cores.
fn loops() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1usize..5, 1..7)
}

proptest! {
    #[test]
    fn open_shards_have_the_arrivals_and_targets_of_one_run(
        targets in targets(),
        loops in loops(),
        process in prop::sample::select(ArrivalProcess::ALL.to_vec()),
        stages in prop::sample::select(vec!["1s:300/s", "1s:0..900/s,500ms:900..10/s", "1s:50/s,1s:0/s,1s:7/s", "2s:1/s"]),
        seed in any::<u64>(),
        limit in prop_oneof![Just(u64::MAX), 1u64..400],
    ) {
        let Ok(Stages::Rates(stages)) = stages.parse() else { panic!("rates") };
        let source = |share| {
            let arrivals = Arrivals::new(&stages, process, seed, share);
            requests(OpenSource::new(arrivals, targets.clone()).limit(limit))
        };
        let of_process = |share: Share, loops| share.divided(loops).flat_map(source).collect();
        prop_assert_eq!(of_all(&loops, of_process), source(Share::WHOLE));
    }

    #[test]
    fn closed_shards_have_the_users_and_the_limited_requests_of_one_run(
        targets in targets(),
        loops in loops(),
        // Enough for a user of each loop of each process.
        connections in 24u32..60,
        count in 1u64..500,
    ) {
        let Ok(Stages::Connections(stages)) = format!("1h:{connections}").parse() else { panic!("connections") };
        let of_process = |share: Share, loops| {
            let limit = RequestLimit::new(count).share(share);
            let source = |share| ClosedSource::new(&stages, targets.clone(), share).limit(limit.clone());
            let made = share.divided(loops).flat_map(|share| requests(source(share)));
            // When a request is due depends on when others end.
            made.map(|(number, target, _)| (number, target, None)).collect::<Vec<_>>()
        };
        let users = |share: Share, loops| {
            let parts = share.divided(loops).map(|share| share.part_of(connections as usize));
            parts.sum::<usize>()
        };
        let all_users = Share::WHOLE.divided(loops.len()).zip(&loops).map(|(share, loops)| users(share, *loops));
        prop_assert_eq!(all_users.sum::<usize>(), connections as usize);
        prop_assert_eq!(of_all(&loops, of_process), of_process(Share::WHOLE, 1));
    }
}
