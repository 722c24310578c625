//! Which profile a server follows: one that is built in or a file, and what the command line changes
//! in it.

use crate::options::value_parsers;
use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use flagpole_server::fate::fault::Faults;
use flagpole_server::{FaultSpec, Latency, Profile, RateLimit};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{ErrorKind, Read as _};

/// The profiles that come with flagpole, by name.
const BUILT_IN: [(&str, &str); 9] = [
    ("book", include_str!("../../profiles/book.toml")),
    ("book-2015", include_str!("../../profiles/book-2015.toml")),
    ("clean", include_str!("../../profiles/clean.toml")),
    ("flaky", include_str!("../../profiles/flaky.toml")),
    ("wan", include_str!("../../profiles/wan.toml")),
    ("mobile", include_str!("../../profiles/mobile.toml")),
    ("outage", include_str!("../../profiles/outage.toml")),
    ("overload", include_str!("../../profiles/overload.toml")),
    ("tail", include_str!("../../profiles/tail.toml")),
];

/// The longest file that is read as a profile, in bytes.
const LONGEST: u64 = 1 << 20;

/// What a server does, on the command line. What is given here takes the place of what the profile
/// says, in each of its listeners; its rules stay.
#[derive(Args)]
pub(crate) struct ProfileOptions {
    /// Delay answers: `50ms`, `uniform:500ms..5s`
    #[arg(long, value_name = "SPEC")]
    latency: Option<Latency>,

    #[command(flatten)]
    others: ServerOptions,
}

/// All of it but the latency, of which `compare` takes several.
#[derive(Args)]
pub(crate) struct ServerOptions {
    /// Do what this profile says: a built-in one or a file
    #[arg(long, value_name = "NAME|FILE")]
    profile: Option<String>,

    /// Open only this listener of the profile
    #[arg(long, value_name = "NAME", requires = "profile")]
    listener: Option<String>,

    /// Let a share of the answers go wrong: `404@5%`; repeatable, at most 100% in all
    #[arg(long, value_name = "SPEC")]
    fault: Vec<FaultSpec>,

    /// Have at most so many answers in service at once; answer 503 beyond that and the queue
    #[arg(long, value_name = "N", value_parser = value_parsers::places)]
    capacity: Option<u32>,

    /// Let so many requests wait for a place in service, first come, first served
    #[arg(long, value_name = "N", value_parser = value_parsers::queue)]
    queue: Option<u32>,

    /// Let in so many requests a second or minute, `100/s`; answer 429 beyond that
    #[arg(long, value_name = "N/s")]
    rate_limit: Option<RateLimit>,

    /// Draw delays and faults from this seed: the same seed, the same fates [default: that of the
    /// profile, or 0]
    #[arg(long, allow_negative_numbers = true, value_parser = value_parsers::seed)]
    seed: Option<u64>,
}

impl ProfileOptions {
    /// Whether anything but the seed is said.
    pub(crate) fn says_something(&self) -> bool {
        self.latency.is_some() || self.others.says_something()
    }

    /// The profile with all that is said here; the one called `otherwise` if none is named.
    pub(crate) fn effective(&self, otherwise: &str) -> Result<Profile> {
        self.others.effective(otherwise, self.latency.as_ref())
    }
}

impl ServerOptions {
    /// Whether anything but the seed is said.
    pub(crate) fn says_something(&self) -> bool {
        self.profile.is_some()
            || !self.fault.is_empty()
            || self.capacity.is_some()
            || self.rate_limit.is_some()
    }

    /// Whether a profile is named.
    pub(crate) fn names_profile(&self) -> bool {
        self.profile.is_some()
    }

    /// The profile with this latency and all that is said here; the one called `otherwise` if none is
    /// named.
    pub(crate) fn effective(&self, otherwise: &str, latency: Option<&Latency>) -> Result<Profile> {
        Faults::new(self.fault.clone()).map_err(|error| anyhow!("--fault: {error}"))?;
        let name = self.profile.as_deref().unwrap_or(otherwise);
        let mut profile = named(name)?;
        if let Some(seed) = self.seed {
            profile.seed = seed;
        }
        profile = profile.with_ports();
        name_each(&mut profile);
        if let Some(wanted) = &self.listener {
            profile
                .listeners
                .retain(|listener| listener.name.as_ref() == Some(wanted));
            if profile.listeners.is_empty() {
                bail!(
                    "--listener: the profile `{name}` has no listener `{wanted}`{}",
                    names(name)?
                );
            }
        }
        for listener in &mut profile.listeners {
            if let Some(latency) = latency {
                listener.latency = latency.clone();
            }
            if !self.fault.is_empty() {
                listener.faults.clone_from(&self.fault);
            }
            listener.capacity = self.capacity.or(listener.capacity);
            listener.queue = self.queue.or(listener.queue);
            listener.rate_limit = self.rate_limit.or(listener.rate_limit);
            if self.queue.is_some() && listener.capacity.is_none() {
                bail!("--queue: a queue needs a `--capacity`");
            }
        }
        profile
            .check()
            .map_err(|error| anyhow!("--profile: {name}: {error}"))?;
        Ok(profile)
    }
}

/// Gives a name to each of several listeners that has none, so that they can be told apart.
fn name_each(profile: &mut Profile) {
    if profile.listeners.len() > 1 {
        for (index, listener) in profile.listeners.iter_mut().enumerate() {
            listener
                .name
                .get_or_insert_with(|| format!("listener[{index}]"));
        }
    }
}

/// The built-in profiles, for the end of a subcommand's help.
pub(crate) fn listed() -> String {
    let mut text = String::from("Profiles:\n");
    for (name, source) in BUILT_IN {
        // Writing to a String can not fail.
        let _ = writeln!(text, "  {name:<12} {}", about(source));
    }
    text
}

/// What a file that comes with flagpole says of itself, in its first line that is no comment. Every start
/// of the command makes the help of every subcommand: nothing is parsed for it.
pub(crate) fn about(source: &str) -> &str {
    let first = source.lines().find(|line| !line.starts_with('#'));
    let quoted = first.and_then(|line| line.strip_prefix("about = \"")?.strip_suffix('"'));
    quoted.unwrap_or_default()
}

/// A profile that is built in, or a file.
pub(crate) fn named(name: &str) -> Result<Profile> {
    if let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
        return Ok(text.parse().expect("a built-in profile is well formed"));
    }
    let is_path = name.contains(['/', '.', '\\']);
    let file = match File::open(name) {
        Err(error) if error.kind() == ErrorKind::NotFound && !is_path => {
            let known: Vec<_> = BUILT_IN.iter().map(|(known, _)| *known).collect();
            bail!(
                "--profile: unknown profile `{name}`; known: {}, or a file",
                known.join(", ")
            )
        }
        opened => opened.map_err(anyhow::Error::from),
    };
    let text = file.and_then(read).context(format!("--profile: {name}"))?;
    text.parse()
        .map_err(|error| anyhow!("--profile: {name}:{error}"))
}

fn read(file: File) -> Result<String> {
    let mut bytes = Vec::new();
    // A pipe or a device does not tell its length.
    file.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        bail!("expected a file of at most {LONGEST} bytes");
    }
    String::from_utf8(bytes).map_err(|_| anyhow!("expected a text file in UTF-8"))
}

/// The names of a profile's listeners, for an error.
fn names(profile: &str) -> Result<String> {
    let listeners = named(profile)?.listeners;
    let names: Vec<_> = listeners
        .into_iter()
        .filter_map(|listener| listener.name)
        .collect();
    Ok(if names.is_empty() {
        String::new()
    } else {
        format!("; known: {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn every_built_in_profile_is_well_formed_and_says_what_it_is() {
        for (name, text) in BUILT_IN {
            let profile: Profile = text
                .parse()
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(profile.about.as_deref(), Some(about(text)), "{name}");
        }
    }

    #[test]
    fn every_file_of_profiles_is_built_in() {
        let folder = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/profiles")).unwrap();
        let mut files: Vec<_> = folder
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let mut known: Vec<_> = BUILT_IN
            .iter()
            .map(|(name, _)| format!("{name}.toml"))
            .collect();
        known.sort();
        assert_eq!(files, known);
    }
}
