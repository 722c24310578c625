//! Each strategy downloads the 20 most populous countries' flags from a server of this process.

use criterion::{BenchmarkId, Criterion, SamplingMode};
use flagpole_client::{Endpoint, Lanes, Plan, Run, strategy};
use flagpole_fixtures::populous;
use flagpole_server::blocking::Server;
use std::time::Duration;

const LATENCIES: [&str; 3] = ["0", "5ms", "50ms"];

/// The groups `strategies/<latency>`.
pub(crate) fn bench(criterion: &mut Criterion) {
    let plan = Plan::flags(populous::TWENTY);
    let lanes = Lanes::new(plan.jobs.len()).expect("20 lanes are allowed");
    // A name for each run restarts the server's counts, so that all meet the same fates.
    let mut runs = 0..;
    for spec in LATENCIES {
        let latency = spec.parse().expect("the latencies are well formed");
        let server = Server::builder()
            .latency(latency)
            .start()
            .expect("a free port is found");
        let endpoint = Endpoint::from(server.addr());
        let mut group = criterion.benchmark_group(format!("strategies/{spec}"));
        // Each run takes as long as its delays say; more samples would tell nothing more.
        group.sampling_mode(SamplingMode::Flat).sample_size(10);
        group
            .warm_up_time(Duration::from_millis(500))
            .measurement_time(Duration::from_secs(3));
        for strategy in strategy::ALL {
            group.bench_function(BenchmarkId::from_parameter(strategy.name()), |bencher| {
                bencher.iter(|| {
                    let name = format!("bench-{}", runs.next().unwrap_or(0_u64));
                    let run = Run::new(&plan, &endpoint).lanes(lanes).name(name);
                    let tally = strategy.run(&run).expect("threads and runtimes can be had");
                    assert_eq!(tally.ok, 20, "{tally:?}");
                });
            });
        }
    }
}
