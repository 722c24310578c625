//! The article's second downloader: a semaphore for at most five concurrent requests, an error with its
//! country, a count by status, results as they complete, files saved off the loop.
//! Without a URL as argument it starts a server that is slow and sometimes fails.
//! Note the braces around the permit in `download_one`: the permit is held for the request, and returned
//! before the file is saved. The save is awaited, so its errors are reported; the article's is not.

use anyhow::Result;
use flagpole_client::{DownloadDir, Endpoint, Target, fetch};
use flagpole_fixtures::populous;
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

/// A failed download and its country.
struct FetchError {
    code: CountryCode,
    cause: anyhow::Error,
}

/// State that all downloads share.
struct Site {
    endpoint: Endpoint,
    permits: Semaphore,
    folder: DownloadDir,
}

async fn download_one(site: Arc<Site>, code: CountryCode) -> Result<Status, FetchError> {
    let failed = |cause| FetchError { code, cause };
    let flag = Resource::Flag(code);
    let answer = {
        let permit = site.permits.acquire().await;
        let _permit = permit.expect("the semaphore is never closed");
        fetch(&site.endpoint, flag).await
    };
    let image = match answer {
        Ok(image) => image,
        Err(Outcome::NotFound) => return Ok(Status::NotFound),
        Err(outcome) => return Err(failed(outcome.into())),
    };
    let save = move || site.folder.save(flag, &image);
    let saved = spawn_blocking(save).await.map_err(|e| failed(e.into()))?;
    saved.map_err(|outcome| failed(outcome.into()))?;
    Ok(Status::Ok)
}

async fn download_many(site: Site, codes: &[CountryCode]) -> Result<BTreeMap<Status, usize>> {
    let site = Arc::new(site);
    let downloads = codes.iter().map(|&code| download_one(site.clone(), code));
    let mut tasks: JoinSet<_> = downloads.collect();
    let mut counter = BTreeMap::new();
    while let Some(completed) = tasks.join_next().await {
        let status = completed?.unwrap_or_else(|FetchError { code, cause }| {
            println!("*** Error for {code}: {cause}");
            Status::Error
        });
        *counter.entry(status).or_default() += 1;
    }
    Ok(counter)
}

fn main() -> Result<()> {
    let own = BlockingServer::builder().latency("50ms".parse()?);
    let own = own.fault("503@20%".parse()?).start()?;
    let url = env::args().nth(1).unwrap_or_else(|| own.url());
    let site = Site {
        endpoint: url.parse::<Target>()?.resolve()?,
        permits: Semaphore::new(MAX_REQUESTS),
        folder: DownloadDir::prepare(Path::new("downloaded"))?,
    };
    // Two codes without a country, so that the server answers 404.
    let mut codes = populous::TOP_20.to_vec();
    codes.extend(["QQ".parse::<CountryCode>()?, "XX".parse()?]);
    let event_loop = Builder::new_current_thread().enable_all().build()?;
    for (status, count) in event_loop.block_on(download_many(site, &codes))? {
        println!("{status:?}: {count}");
    }
    Ok(())
}
