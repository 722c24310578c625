//! Values that several subcommands read from their command line.

use anyhow::anyhow;
use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command};
use flagpole_client::{Strategy, Transport, strategy, transport};
use flagpole_fixtures::Catalog;
use flagpole_server::Site;
use std::ffi::OsStr;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A duration such as `5s`, above zero.
pub(crate) fn timeout(text: &str) -> Result<Duration, String> {
    match flagpole_server::config::spec::duration(text) {
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

/// Places in a queue, which may have none.
pub(crate) fn queue(text: &str) -> Result<u32, String> {
    if text == "0" { Ok(0) } else { places(text) }
}

/// Places in service or in a queue.
pub(crate) fn places(text: &str) -> Result<u32, String> {
    let count = text
        .parse()
        .ok()
        .filter(|count| (1..=1_000_000).contains(count));
    count.ok_or_else(|| format!("expected 1 to 1000000, got `{text}`"))
}

/// A seed.
pub(crate) fn seed(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| format!("expected 0 to {}, got `{text}`", u64::MAX))
}

/// A port.
pub(crate) fn port(text: &str) -> Result<u16, String> {
    text.parse()
        .map_err(|_| format!("expected a port, 0 to 65535, got `{text}`"))
}

/// An address.
pub(crate) fn address(text: &str) -> Result<IpAddr, String> {
    text.parse()
        .map_err(|_| format!("expected an IP address such as `127.0.0.1`, got `{text}`"))
}

/// A strategy by its name.
pub(crate) fn named_strategy(name: &str) -> Result<&'static dyn Strategy, String> {
    strategy::by_name(name).map_err(|error| error.to_string())
}

/// A transport by its name.
pub(crate) fn named_transport(name: &str) -> Result<&'static dyn Transport, String> {
    let named = transport::ALL
        .iter()
        .find(|transport| transport.name() == name);
    let known = || {
        transport::ALL
            .iter()
            .map(|transport| transport.name())
            .collect::<Vec<_>>()
    };
    named
        .copied()
        .ok_or_else(|| format!("unknown transport `{name}`; known: {}", known().join(", ")))
}

/// Reads a name, and tells all there are, for completions.
#[derive(Clone)]
pub(crate) struct Names<T> {
    read: fn(&str) -> Result<T, String>,
    /// Each with what it is.
    known: fn() -> Vec<(&'static str, &'static str)>,
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Names<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        self.read.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue>>> {
        let known = (self.known)().into_iter();
        Some(Box::new(
            known.map(|(name, about)| PossibleValue::new(name).help(about)),
        ))
    }
}

/// The names of the strategies.
pub(crate) fn strategy_names() -> Names<&'static dyn Strategy> {
    Names {
        read: named_strategy,
        known: || {
            strategy::ALL
                .iter()
                .map(|one| (one.name(), one.about()))
                .collect()
        },
    }
}

/// The names of the transports.
pub(crate) fn transport_names() -> Names<&'static dyn Transport> {
    Names {
        read: named_transport,
        known: || {
            transport::ALL
                .iter()
                .map(|one| (one.name(), one.about()))
                .collect()
        },
    }
}

/// Whether a strategy makes its exchanges by a transport.
pub(crate) fn takes(strategy: &dyn Strategy, transport: &dyn Transport) -> bool {
    strategy.takes_any_transport() || transport.name() == transport::ALL[0].name()
}

/// The site in a folder, or the one that comes with flagpole.
pub(crate) fn site(folder: Option<&Path>) -> anyhow::Result<Arc<Site>> {
    let Some(folder) = folder else {
        return Ok(Site::embedded());
    };
    let catalog = Catalog::load(folder).map_err(|error| anyhow!("--site: {error}"))?;
    Ok(Arc::new(Site::new(&catalog)))
}

/// The transports there are, for the end of a subcommand's help.
pub(crate) fn transports() -> String {
    let line =
        |transport: &&dyn Transport| format!("  {:<20} {}\n", transport.name(), transport.about());
    let lines = transport::ALL.iter().map(line);
    format!("Transports:\n{}", lines.collect::<String>())
}

/// The strategies there are, for the end of a subcommand's help.
pub(crate) fn strategies() -> String {
    let line =
        |strategy: &&dyn Strategy| format!("  {:<20} {}\n", strategy.name(), strategy.about());
    format!(
        "Strategies:\n{}",
        strategy::ALL.iter().map(line).collect::<String>()
    )
}

/// The latencies and faults there are, for the end of a subcommand's help.
pub(crate) fn families() -> String {
    let line = |name, about, example: &str| format!("  {name:<12} {about} (`{example}`)\n");
    let latencies = flagpole_server::fate::latency::FAMILY.iter();
    let latencies = latencies.map(|member| line(member.name, member.about, member.example));
    let faults = flagpole_server::fate::fault::FAMILY.iter();
    let faults =
        faults.map(|member| line(member.name, member.about, &format!("{}@5%", member.example)));
    format!(
        "Latencies:\n{}\nFaults, each with its odds behind an `@` (100% without):\n{}",
        latencies.collect::<String>(),
        faults.collect::<String>()
    )
}
