//! Clean requests a second through 64 keep-alive connections, client and server in this process:
//! `benches/peers/server.sh` compares the server alone with others.

use criterion::{Criterion, Throughput};
use flagpole_client::{Concurrency, DownloadSpec, Endpoint, Run, Workload, strategy};
use flagpole_protocol::Resource;
use flagpole_server::BlockingServer;
use std::time::Duration;

/// Requests a run: enough that the connections' making does not show.
const REQUESTS: usize = 5000;

/// The group `server`.
pub(crate) fn bench(criterion: &mut Criterion) {
    let server = BlockingServer::builder()
        .journal_capacity(0)
        .start()
        .expect("a free port is found");
    let endpoint = Endpoint::from(server.addr());
    let flag = Resource::Flag("BR".parse().expect("BR is a code"));
    let plan = Workload {
        jobs: vec![DownloadSpec::first(flag); REQUESTS],
    };
    let strategy = strategy::by_name("async").expect("async is a strategy");
    let lanes = Concurrency::new(64).expect("64 lanes are allowed");
    let mut group = criterion.benchmark_group("server");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    group.throughput(Throughput::Elements(REQUESTS as u64));
    group.bench_function("clean requests", |bencher| {
        bencher.iter(|| {
            let run = Run::new(&plan, &endpoint).concurrency(lanes);
            let tally = strategy.run(&run).expect("a runtime can be had");
            assert_eq!(tally.ok, REQUESTS as u64, "{tally:?}");
        });
    });
}
