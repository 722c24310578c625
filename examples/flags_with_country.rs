//! The article's last downloader: two requests for each country, its flag and then its name, which
//! becomes the name of the file.
//! Without a URL as argument it starts a server with a delay of 50 ms per response.
//! Note `get_both`: two consecutive requests read like two blocking calls. Each has a permit of its own, so that
//! another download may use the connection in between.

use anyhow::{Context as _, Result, anyhow};
use bytes::Bytes;
use flagpole_client::{DownloadDir, Endpoint, Target, fetch};
use flagpole_fixtures::{Country, populous};
use flagpole_protocol::{CountryCode, Outcome, Resource};
use flagpole_server::BlockingServer;
use std::{collections::BTreeMap, env, path::Path, sync::Arc};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::{runtime::Builder, sync::Semaphore};

const MAX_REQUESTS: usize = 5;

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    Ok,
    NotFound,
    Error,
}

/// State that all downloads share.
struct Site {
    endpoint: Endpoint,
    permits: Semaphore,
    folder: DownloadDir,
}

impl Site {
    async fn get(&self, resource: Resource) -> Result<Bytes, Outcome> {
        let permit = self.permits.acquire().await;
        let _permit = permit.expect("the semaphore is never closed");
        fetch(&self.endpoint, resource).await
    }

    async fn get_both(&self, code: CountryCode) -> Result<(Bytes, Bytes), Outcome> {
        let image = self.get(Resource::Flag(code)).await?;
        let metadata = self.get(Resource::Metadata(code)).await?;
        Ok((image, metadata))
    }
}

async fn download_one(site: Arc<Site>, code: CountryCode) -> Result<Status> {
    let failed = |outcome: Outcome| anyhow!("*** Error for {code}: {outcome}");
    let (image, metadata) = match site.get_both(code).await {
        Ok(both) => both,
        Err(Outcome::NotFound) => return Ok(Status::NotFound),
        Err(outcome) => return Err(failed(outcome)),
    };
    let Country { country, .. } = serde_json::from_slice(&metadata)
        .with_context(|| format!("*** Error for {code}: the metadata"))?;
    let saved = spawn_blocking(move || {
        let staged = site.folder.stage(&image)?;
        site.folder.rename_staged(staged, &country, code)
    });
    let path = saved.await?.map_err(failed)?;
    println!("{}", path.file_name().unwrap_or_default().display());
    Ok(Status::Ok)
}

async fn download_many(site: Site, codes: &[CountryCode]) -> Result<BTreeMap<Status, usize>> {
    let site = Arc::new(site);
    let downloads = codes.iter().map(|&code| download_one(site.clone(), code));
    let mut tasks: JoinSet<_> = downloads.collect();
    let mut counter = BTreeMap::new();
    while let Some(completed) = tasks.join_next().await {
        let status = completed?.unwrap_or_else(|error| {
            println!("{error:#}");
            Status::Error
        });
        *counter.entry(status).or_default() += 1;
    }
    Ok(counter)
}

fn main() -> Result<()> {
    let own = BlockingServer::builder().latency("50ms".parse()?).start()?;
    let url = env::args().nth(1).unwrap_or_else(|| own.url());
    let site = Site {
        endpoint: url.parse::<Target>()?.resolve()?,
        permits: Semaphore::new(MAX_REQUESTS),
        folder: DownloadDir::prepare(Path::new("downloaded"))?,
    };
    let event_loop = Builder::new_current_thread().enable_all().build()?;
    for (status, count) in event_loop.block_on(download_many(site, &populous::TOP_20))? {
        println!("{status:?}: {count}");
    }
    Ok(())
}
