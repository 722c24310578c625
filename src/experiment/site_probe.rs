//! A look at the server at a URL before the first round: who it is, and whether it has what will be downloaded.
//!
//! The requests have their own run name, so that they use up no request number of the runs.

use super::spec::experiment::Experiment;
use anyhow::{Result, anyhow, bail};
use flagpole_client::{Policy, Run, Target, Workload, fetch_blocking};
use flagpole_protocol::{Outcome, Resource, ServerIdentity, TimeoutKind};
use std::process;
use std::time::{Duration, UNIX_EPOCH};

/// A server must accept a connection within this time: a lost SYN is sent again after 1 s and after 3 s.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait for a response. A server that is slower is not judged.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The maximum size of an accepted response, in bytes.
const MAX_BODY: usize = 1 << 20;

/// Who the server at the URL of an experiment is, if it is flagpole. Fails if it is certain that nothing can be
/// downloaded: nothing listens at the URL, or there are no flags. `None` without a URL.
pub(crate) fn probe(experiment: &Experiment) -> Result<Option<ServerIdentity>> {
    let Some(url) = &experiment.url else {
        return Ok(None);
    };
    let error = |error| anyhow!("--url: {error}");
    let target: Target = url.parse().map_err(error)?;
    let endpoint = target.resolve().map_err(error)?;
    let no_downloads = Workload::default();
    let run = Run::new(&no_downloads, &endpoint)
        .policy(policy())
        .body_limit(MAX_BODY)
        .name(run_name());
    let path = ServerIdentity::PATH.parse();
    let path = path.expect("the well-known path is a path");
    match fetch_blocking(&run, Resource::Path(path)) {
        Ok(body) => {
            let identity: Option<ServerIdentity> = serde_json::from_slice(&body).ok();
            if let Some(identity) = identity.filter(ServerIdentity::is_flagpole) {
                return Ok(Some(identity));
            }
        }
        Err(outcome) => check_connected(url, &outcome)?,
    }
    // A listed path may be missing on purpose, and so may a flag of a flagpole server.
    let workload = experiment.workload();
    let first = workload.downloads.first().map(|first| first.resource);
    if let Some(flag) = first.filter(|_| experiment.urls.is_none())
        && fetch_blocking(&run, flag) == Err(Outcome::NotFound)
    {
        bail!("--url: {url} has no {flag} (404); give the paths with --urls");
    }
    Ok(None)
}

/// An error if no connection was opened.
fn check_connected(url: &str, outcome: &Outcome) -> Result<()> {
    match outcome {
        Outcome::ConnectionRefused | Outcome::ConnectFailed { .. } => bail!(
            "--url: {url} cannot be reached: {outcome}; start a server with `flagpole serve`, or correct the URL"
        ),
        Outcome::Timeout(TimeoutKind::Connect, limit) => {
            let seconds = limit.as_secs();
            bail!("--url: {url} did not accept a connection within {seconds} s; correct the URL")
        }
        _ => Ok(()),
    }
}

fn policy() -> Policy {
    let mut policy = Policy::default();
    policy.timeouts.connect = Some(CONNECT_TIMEOUT);
    policy.timeouts.first_byte = Some(RESPONSE_TIMEOUT);
    policy.timeouts.total = Some(CONNECT_TIMEOUT + RESPONSE_TIMEOUT);
    policy.reuse = false;
    policy
}

fn run_name() -> String {
    let now = UNIX_EPOCH.elapsed().unwrap_or_default().as_micros();
    format!("{}-{now}-probe", process::id())
}
