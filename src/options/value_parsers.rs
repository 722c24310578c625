//! Parsers of option values: durations, numbers, addresses, folders.

use anyhow::anyhow;
use clap_complete::engine::CompletionCandidate;
use derive_more::Display;
use flagpole_fixtures::Catalog;
use flagpole_server::Site;
use flagpole_server::fate::{fault, latency};
use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// A duration such as `5s`, above zero.
pub(crate) fn positive_duration(text: &str) -> Result<Duration, String> {
    match flagpole_protocol::spec::duration(text) {
        Ok(Duration::ZERO) => Err(format!("expected a duration above 0, got `{text}`")),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}

/// A whole number from 1.
pub(crate) fn count(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|&count| count > 0);
    count.ok_or_else(|| format!("expected a whole number from 1, got `{text}`"))
}

/// The length of a queue, from 0.
pub(crate) fn queue(text: &str) -> Result<u32, String> {
    if text == "0" {
        Ok(0)
    } else {
        concurrency_limit(text)
    }
}

/// A server's concurrency limit, from 1.
pub(crate) fn concurrency_limit(text: &str) -> Result<u32, String> {
    let limit = text.parse().ok();
    let limit = limit.filter(|limit| (1..=1_000_000).contains(limit));
    limit.ok_or_else(|| format!("expected 1 to 1000000, got `{text}`"))
}

/// A seed, 0 to 2^64 - 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Display)]
pub(crate) struct Seed(pub(crate) u64);

impl FromStr for Seed {
    type Err = String;

    fn from_str(text: &str) -> Result<Seed, String> {
        let seed = text.parse().map(Seed);
        seed.map_err(|_| format!("expected 0 to {}, got `{text}`", u64::MAX))
    }
}

pub(crate) fn port(text: &str) -> Result<u16, String> {
    text.parse()
        .map_err(|_| format!("expected a port, 0 to 65535, got `{text}`"))
}

pub(crate) fn address(text: &str) -> Result<IpAddr, String> {
    text.parse()
        .map_err(|_| format!("expected an IP address such as `127.0.0.1`, got `{text}`"))
}

/// The site in this folder; without a folder, the built-in site.
pub(crate) fn site(folder: Option<&Path>) -> anyhow::Result<Arc<Site>> {
    let Some(folder) = folder else {
        return Ok(Site::embedded());
    };
    let catalog = Catalog::load(folder).map_err(|error| anyhow!("--site: {error}"))?;
    Ok(Arc::new(Site::new(catalog)))
}

/// Latencies to complete.
pub(crate) fn latency_examples() -> Vec<CompletionCandidate> {
    let all = latency::FAMILY.iter();
    all.map(|one| CompletionCandidate::new(one.example).help(Some(one.about.into())))
        .collect()
}

/// Faults to complete.
pub(crate) fn fault_examples() -> Vec<CompletionCandidate> {
    let all = fault::FAMILY.iter();
    all.map(|one| CompletionCandidate::new(one.example).help(Some(one.about.into())))
        .collect()
}
