//! `adaptive` before a server of few seats: as good as the best number of lanes, and hardly refused.

use flagpole_client::{Concurrency, DownloadSpec, Endpoint, Run, Workload, strategy};
use flagpole_fixtures::populous;
use flagpole_protocol::Resource;
use flagpole_server::BlockingServer;
use std::num::NonZero;
use std::time::{Duration, Instant};

const SEATS: u32 = 8;
const SERVICE: Duration = Duration::from_millis(20);

/// So many downloads of a few flags.
fn plan(count: u64) -> Workload {
    let flags = populous::TWENTY.into_iter().cycle();
    let job = |(place, code)| DownloadSpec {
        request_number: place / 20 + 1,
        ..DownloadSpec::new(Resource::Flag(code))
    };
    Workload {
        downloads: (0..count).zip(flags).map(job).collect(),
    }
}

#[test]
fn it_finds_its_lanes_and_is_hardly_ever_refused() {
    let server = BlockingServer::builder()
        .latency("20ms".parse().unwrap())
        .concurrency_limit(NonZero::new(SEATS).unwrap(), 16)
        .start()
        .unwrap();
    let (plan, endpoint) = (plan(1000), Endpoint::from(server.addr()));
    let run = Run::new(&plan, &endpoint).concurrency(Concurrency::new(200).unwrap());
    let start = Instant::now();
    let tally = strategy::by_name("adaptive").unwrap().run(&run).unwrap();
    let wall = start.elapsed();
    println!("adaptive: {wall:?}, {} of 1000 well", tally.ok);
    assert!(tally.error < 50, "{:?}", tally.outcomes);
    // What the seats can do in this time; nothing is asserted of how near it comes, which is the
    // simulation's to say: this machine may be busy.
    assert!(wall >= SERVICE * u32::try_from(tally.ok).unwrap() / SEATS);
}
