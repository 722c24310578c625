//! The article's thread pool, from the previous chapter: twenty flags, one thread for each.
//! Without a URL as argument it starts a server with a delay of 50 ms per response.
//! Note the line with `by_name`: it is the only difference from `flags_sequential`. The strategy is in
//! `client/src/strategy/threads.rs`: threads take downloads from a shared list, and each blocks while it waits.

use anyhow::Result;
use flagpole_client::{Concurrency, DownloadDir, Run, Target, Workload, strategy};
use flagpole_fixtures::populous;
use flagpole_protocol::AttemptRecord;
use flagpole_server::BlockingServer;
use std::{env, path::Path, time::Instant};

fn main() -> Result<()> {
    let own = BlockingServer::builder().latency("50ms".parse()?).start()?;
    let url = env::args().nth(1).unwrap_or_else(|| own.url());
    let endpoint = url.parse::<Target>()?.resolve()?;
    let folder = DownloadDir::prepare(Path::new("downloaded"))?;
    let plan = Workload::flags(populous::TOP_20);
    let show = |record: &AttemptRecord| eprintln!("{} {}", record.resource.name(), record.outcome);
    let run = Run::new(&plan, &endpoint)
        .concurrency(Concurrency::new(plan.downloads.len())?)
        .destination(&folder)
        .on_record(&show);

    let start = Instant::now();
    let stats = strategy::by_name("threads")?.run(&run)?;
    let elapsed = start.elapsed().as_secs_f64();
    println!("{} flags downloaded in {elapsed:.2}s", stats.ok);
    Ok(())
}
