//! The adaptive strategy against a server with a small concurrency limit.

use flagpole_client::{Concurrency, DownloadSpec, Endpoint, Run, Workload, strategy};
use flagpole_fixtures::populous;
use flagpole_protocol::Resource;
use flagpole_server::BlockingServer;
use std::num::NonZero;
use std::time::{Duration, Instant};

const CONCURRENCY_LIMIT: u32 = 8;
const LATENCY: Duration = Duration::from_millis(20);

/// Downloads of the 20 flags in turn.
fn workload(count: u64) -> Workload {
    let flags = populous::TOP_20.into_iter().cycle();
    let download = |(index, code)| DownloadSpec {
        request_number: index / 20 + 1,
        ..DownloadSpec::new(Resource::Flag(code))
    };
    Workload {
        downloads: (0..count).zip(flags).map(download).collect(),
    }
}

#[test]
fn adaptive_is_rarely_rejected_by_a_concurrency_limit() {
    let server = BlockingServer::builder()
        .latency("20ms".parse().unwrap())
        .concurrency_limit(NonZero::new(CONCURRENCY_LIMIT).unwrap(), 16)
        .start()
        .unwrap();
    let (workload, endpoint) = (workload(1000), Endpoint::from(server.addr()));
    let run = Run::new(&workload, &endpoint).concurrency(Concurrency::new(200).unwrap());
    let start = Instant::now();
    let stats = strategy::by_name("adaptive").unwrap().run(&run).unwrap();
    let wall = start.elapsed();
    println!(
        "adaptive: {wall:?}, {} of 1000 downloads succeeded",
        stats.ok
    );
    assert!(stats.error < 50, "{:?}", stats.outcomes);
    // The least wall time for the successes. How near `adaptive` comes to it is tested by
    // simulation, since this machine may be busy.
    assert!(wall >= LATENCY * u32::try_from(stats.ok).unwrap() / CONCURRENCY_LIMIT);
}
