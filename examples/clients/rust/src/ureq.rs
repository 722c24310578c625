//! Downloads with ureq: `CONCURRENCY` threads take URLs from one list.
//!
//! Usage: `flagpole-client-ureq FILES CONCURRENCY DEST`

use anyhow::{Context, Result};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, path::Path, process::ExitCode, sync::Mutex, thread, time::Duration};
use ureq::Agent;

/// Saves the body whatever the status is.
fn download(agent: &Agent, url: &str, dest: &Path) -> Result<()> {
    let mut response = agent.get(url).call()?;
    let body = response.body_mut().read_to_vec()?;
    let (_, name) = url.rsplit_once('/').context("no path")?;
    Ok(fs::write(dest.join(name), body)?)
}

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [files, concurrency, dest] = arguments.as_slice() else {
        anyhow::bail!("usage: flagpole-client-ureq FILES CONCURRENCY DEST");
    };
    let list = fs::read_to_string(files).context("FILES")?;
    let concurrency: usize = concurrency.parse().context("CONCURRENCY")?;
    let agent: Agent = Agent::config_builder()
        .proxy(None)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(concurrency) // by default 10, and 3 for each host
        .max_idle_connections_per_host(concurrency)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into();
    let remaining = Mutex::new(list.lines());
    let next = || remaining.lock().ok()?.next();
    let answered = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..concurrency {
            scope.spawn(|| {
                while let Some(url) = next() {
                    match download(&agent, url, Path::new(dest)) {
                        Ok(()) => _ = answered.fetch_add(1, Ordering::Relaxed),
                        Err(error) => eprintln!("{url}: {error:#}"),
                    }
                }
            });
        }
    });
    let (answered, count) = (answered.into_inner(), list.lines().count());
    println!("{answered} of {count} answered");
    Ok(ExitCode::from(u8::from(answered < count)))
}
