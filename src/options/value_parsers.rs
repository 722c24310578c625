//! Parsers of option values: durations, numbers, addresses, folders.

use anyhow::anyhow;
use derive_more::Display;
use flagpole_fixtures::Catalog;
use flagpole_protocol::spec;
use flagpole_server::Site;
use http::HeaderName;
use std::num::NonZeroUsize;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// A seed, 0 to 2^64 - 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Display)]
pub(crate) struct Seed(pub(crate) u64);

impl FromStr for Seed {
    type Err = String;

    fn from_str(text: &str) -> Result<Seed, String> {
        valid(text, "0 to 18446744073709551615", |_| true).map(Seed)
    }
}

/// Parses a value that must have a property. `expected` names the values that have it.
pub(crate) fn valid<T: FromStr>(
    text: &str,
    expected: &str,
    is_valid: impl Fn(&T) -> bool,
) -> Result<T, String> {
    let value = text.parse().ok().filter(is_valid);
    value.ok_or_else(|| format!("expected {expected}, got `{text}`"))
}

/// A duration such as `5s`, above zero.
pub(crate) fn positive_duration(text: &str) -> Result<Duration, String> {
    match spec::duration(text) {
        Ok(Duration::ZERO) => Err(format!("expected a duration above 0, got `{text}`")),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}

pub(crate) fn count(text: &str) -> Result<NonZeroUsize, String> {
    valid(text, "a whole number from 1", |_| true)
}

/// The length of a queue.
pub(crate) fn queue(text: &str) -> Result<u32, String> {
    valid(text, "0 to 1000000", |length| *length <= 1_000_000)
}

/// A server's concurrency limit.
pub(crate) fn concurrency_limit(text: &str) -> Result<u32, String> {
    valid(text, "1 to 1000000", |limit| {
        (1..=1_000_000).contains(limit)
    })
}

pub(crate) fn port(text: &str) -> Result<u16, String> {
    valid(text, "a port, 0 to 65535", |_| true)
}

/// The name of a request field, in any case.
pub(crate) fn field_name(text: &str) -> Result<HeaderName, String> {
    valid(text, "the name of a field such as `user-agent`", |_| true)
}

/// The number of a file descriptor that is no standard stream.
#[cfg(unix)]
pub(crate) fn file_descriptor(text: &str) -> Result<i32, String> {
    let number = valid(text, "the number of an open file descriptor", |number| {
        *number >= 0
    })?;
    if number < 3 {
        return Err(format!(
            "expected a file descriptor from 3, got `{text}`; `--format json` writes to standard output"
        ));
    }
    Ok(number)
}

/// The site in this folder; without a folder, the built-in site.
pub(crate) fn site(folder: Option<&Path>) -> anyhow::Result<Arc<Site>> {
    let Some(folder) = folder else {
        return Ok(Site::embedded());
    };
    let catalog = Catalog::load(folder).map_err(|error| anyhow!("--site: {error}"))?;
    Ok(Arc::new(Site::new(catalog)))
}
