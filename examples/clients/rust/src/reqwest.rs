//! Downloads with reqwest on tokio, at most `CONCURRENCY` at a time.
//!
//! Usage: `flagpole-client-reqwest FILES CONCURRENCY DEST`

use anyhow::{Context, Result};
use futures::{StreamExt as _, stream};
use reqwest::{Client, redirect};
use std::{env, path::Path, process::ExitCode, time::Duration};

/// Saves the body whatever the status is.
async fn download(client: &Client, url: &str, dest: &Path) -> Result<()> {
    let response = client.get(url).send().await?;
    let segments = response.url().path_segments();
    let name = segments
        .and_then(|mut segments| segments.next_back())
        .context("no path")?;
    let path = dest.join(name);
    Ok(tokio::fs::write(path, response.bytes().await?).await?)
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [files, concurrency, dest] = arguments.as_slice() else {
        anyhow::bail!("usage: flagpole-client-reqwest FILES CONCURRENCY DEST");
    };
    let list = tokio::fs::read_to_string(files).await.context("FILES")?;
    let urls: Vec<&str> = list.lines().collect();
    let client = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .timeout(Duration::from_secs(30))
        .build()?;
    let answered = stream::iter(&urls)
        .map(
            async |url| match download(&client, url, Path::new(dest)).await {
                Ok(()) => true,
                Err(error) => {
                    eprintln!("{url}: {error:#}");
                    false
                }
            },
        )
        .buffer_unordered(concurrency.parse().context("CONCURRENCY")?)
        .filter(|answered| std::future::ready(*answered))
        .count()
        .await;
    println!("{answered} of {} answered", urls.len());
    Ok(ExitCode::from(u8::from(answered < urls.len())))
}
