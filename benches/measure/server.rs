//! Requests per second without delay or fault through 64 keep-alive connections, client and server in this
//! process; `benches/peers/server.sh` compares the server alone with other servers.

use criterion::{Criterion, Throughput};
use flagpole_client::{Concurrency, DownloadSpec, Endpoint, Run, Workload, strategy};
use flagpole_protocol::Resource;
use flagpole_server::BlockingServer;
use std::time::Duration;

/// Requests per run: enough to make the opening of connections negligible.
const REQUESTS: usize = 5000;

/// The group `server`.
pub(crate) fn bench(criterion: &mut Criterion) {
    let server = BlockingServer::builder()
        .journal_capacity(0)
        .start()
        .expect("a free port is found");
    let endpoint = Endpoint::from(server.addr());
    let flag = Resource::Flag("BR".parse().expect("BR is a code"));
    let workload = Workload {
        downloads: vec![DownloadSpec::new(flag); REQUESTS],
    };
    let strategy = strategy::by_name("async").expect("async is a strategy");
    let concurrency = Concurrency::new(64).expect("a concurrency of 64 is allowed");
    let mut group = criterion.benchmark_group("server");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    group.throughput(Throughput::Elements(REQUESTS as u64));
    group.bench_function("clean requests", |bencher| {
        bencher.iter(|| {
            let run = Run::new(&workload, &endpoint).concurrency(concurrency);
            let stats = strategy.run(&run).expect("the runtime can be built");
            assert_eq!(stats.ok, REQUESTS as u64, "{stats:?}");
        });
    });
}
