//! Each strategy downloads the flags of the 20 most populous countries from a server in this process, with
//! several delays and with a profile that injects faults.

use crate::common::concurrency;
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use flagpole_client::{Endpoint, Run, Workload, measure, strategy};
use flagpole_fixtures::populous;
use flagpole_protocol::MeasuredRun;
use flagpole_server::{BlockingServer, Profile, config::listener::Listener};
use std::{collections::BTreeMap, time::Duration};

const LATENCIES: [&str; 3] = ["0", "5ms", "50ms"];

const FLAKY: &str = include_str!("../../profiles/flaky.toml");

/// One response of `flaky` hangs for 2 seconds; without a timeout it would dominate the wall time.
const TIMEOUT: Duration = Duration::from_millis(500);

/// The runs of each strategy under one condition.
pub(crate) struct Group {
    pub(crate) condition: String,
    pub(crate) runs: BTreeMap<&'static str, Vec<MeasuredRun>>,
}

/// The groups `strategies/<latency>` and `strategies/flaky`.
pub(crate) fn bench(criterion: &mut Criterion) -> Vec<Group> {
    let listener = |spec: &str| {
        let mut listener = Listener::default();
        listener.latency = spec.parse().expect("the latencies are well formed");
        listener
    };
    let mut groups: Vec<_> = LATENCIES
        .iter()
        .map(|spec| group(criterion, spec, listener(spec)))
        .collect();
    let mut flaky: Profile = FLAKY.parse().expect("the profile is well formed");
    groups.push(group(criterion, "flaky", flaky.listeners.remove(0)));
    groups
}

fn group(criterion: &mut Criterion, condition: &str, listener: Listener) -> Group {
    let workload = Workload::flags(populous::TOP_20);
    let concurrency = concurrency(workload.downloads.len());
    let goes_wrong = !listener.faults.is_empty();
    let builder = BlockingServer::builder().listener(listener);
    let server = builder.start().expect("a free port is found");
    let endpoint = Endpoint::from(server.addr());
    let mut group = criterion.benchmark_group(format!("strategies/{condition}"));
    // The delays determine the duration of a run; more samples would add no information.
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .throughput(Throughput::Elements(workload.downloads.len() as u64));
    let mut kept: BTreeMap<_, Vec<MeasuredRun>> = BTreeMap::new();
    for strategy in strategy::ALL {
        // A new run name restarts the server's request numbers, so that all runs get the same fates.
        let mut runs = 0_u64;
        group.bench_function(BenchmarkId::from_parameter(strategy.name()), |bencher| {
            bencher.iter(|| {
                runs += 1;
                let mut run = Run::new(&workload, &endpoint)
                    .concurrency(concurrency)
                    .name(format!("bench-{}-{runs}", strategy.name()));
                if goes_wrong {
                    run = run.timeout(TIMEOUT);
                }
                let measured = measure(*strategy, &run)
                    .expect("the strategy can start its threads and runtimes");
                let all_arrived = measured.stats.ok == 20;
                assert!(goes_wrong || all_arrived, "{:?}", measured.stats);
                kept.entry(strategy.name()).or_default().push(measured);
            });
        });
    }
    Group {
        condition: condition.to_owned(),
        runs: kept,
    }
}
