//! The example files of loads, against our server.

use flagpole_client::load::{LoadRun, LoadRunEnd};
use flagpole_client::{
    ClosedSource, Endpoint, Expectation, LoadTargets, RecordSink, RequestLimit, RequestMessage,
    RequestSource, Share, Stage, TargetOrder, TargetSequence, TransportKind,
};
use flagpole_protocol::{AttemptRecord, LoadStats};
use flagpole_server::BlockingServer;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct SharedStats(Arc<Mutex<LoadStats>>);

impl RecordSink for SharedStats {
    fn record(&mut self, record: &AttemptRecord) {
        self.0.lock().unwrap().record(record);
    }
}

fn example(name: &str) -> String {
    std::fs::read_to_string(format!("examples/load/{name}")).unwrap()
}

fn no_file(name: &str) -> std::io::Result<Vec<u8>> {
    unreachable!("{name}")
}

/// The targets of the base of a server.
fn targets(server: &BlockingServer) -> LoadTargets {
    let base = server.url().parse().unwrap();
    LoadTargets::new(
        Some(base),
        RequestMessage::default(),
        Expectation::default(),
    )
}

/// Four users on two loops.
fn run(
    targets: &LoadTargets,
    transport: TransportKind,
    source: impl Fn(ClosedSource) -> ClosedSource + Sync,
) -> (LoadRunEnd, LoadStats) {
    let endpoints: Vec<Endpoint> = (targets.origins().iter())
        .map(|origin| origin.clone().resolve().unwrap())
        .collect();
    let weights = || targets.targets().iter().map(|target| target.weight);
    let source = |share: Share| {
        let sequence = TargetSequence::new(TargetOrder::Weighted, 7, weights());
        let users = ClosedSource::new(&[Stage::constant(4, None)], sequence, share);
        Box::new(source(users)) as Box<dyn RequestSource>
    };
    let stats = SharedStats::default();
    let run = LoadRun::new(targets.targets(), &endpoints, &source).connections(4);
    let run = run.loops(2).transport(transport).captures(true);
    let end = run.run(&|_| Box::new(stats.clone())).unwrap();
    let stats = stats.0.lock().unwrap().clone();
    (end, stats)
}

#[test]
fn scenario_of_a_visitor_is_completed_every_time() {
    for &transport in TransportKind::ALL {
        let server = BlockingServer::builder().start().unwrap();
        let mut targets = targets(&server);
        let scenario = targets
            .add_scenario(&example("flags.toml"), &no_file)
            .unwrap();
        let (scenario, limit) = (Arc::new(scenario), RequestLimit::new(20));
        let (end, stats) = run(&targets, transport, |users| {
            users.scenario(scenario.clone(), 7).limit(limit.clone())
        });
        let iterations = end.iterations.unwrap();
        assert_eq!(
            (iterations.completed, iterations.failed()),
            (20, 0),
            "{iterations:?}"
        );
        assert_eq!(stats.outcomes.keys().collect::<Vec<_>>(), ["ok"]);
        assert_eq!(stats.requests(), 60);
    }
}

#[test]
fn list_of_weighted_targets_is_requested_without_failures() {
    let server = BlockingServer::builder().start().unwrap();
    let mut targets = targets(&server);
    targets
        .add_list(example("targets.jsonl").as_bytes(), &no_file)
        .unwrap();
    let limit = RequestLimit::new(200);
    let (_, stats) = run(&targets, TransportKind::default(), |users| {
        users.limit(limit.clone())
    });
    assert_eq!(stats.outcomes.keys().collect::<Vec<_>>(), ["ok"]);
    assert_eq!(stats.requests(), 200);
}
