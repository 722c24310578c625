//! Options of a server: a profile and changes to it.

use super::built_in::PROFILES;
use super::names;
use super::value_parsers::{self, Seed};
use anyhow::{Result, anyhow, bail};
use clap::Args;
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};
use flagpole_protocol::spec::SpecError;
use flagpole_server::config::listener::Listener;
use flagpole_server::fate::fault::Faults;
use flagpole_server::{
    AcceptDelay, Bandwidth, CacheControl, FaultSpec, Latency, Profile, RateLimit, TimeWindow,
};
use std::path::Path;
use std::str::FromStr;

/// The profile of the first listeners that users meet; `--listener` and `NAME=SPEC` are about it by default.
const BOOK: &str = "book";

/// Server options. They replace the values in every listener (server) of the profile; the rules of a listener stay.
#[derive(Args)]
pub(crate) struct ProfileOptions {
    /// Delay responses: `50ms`, `500ms..5s`; those of one listener: `DELAY=1s..2s`
    #[arg(long, value_name = "[NAME=]SPEC", add = ArgValueCandidates::new(names::latencies))]
    latency: Vec<ForListener<Latency>>,

    #[command(flatten)]
    others: ServerOptions,
}

/// Server options without the latency, of which `compare` takes several.
#[derive(Args)]
pub(crate) struct ServerOptions {
    /// Use this profile: a built-in name or a file
    #[arg(long, value_name = "NAME|FILE", add = ArgValueCompleter::new(|typed: &_| PROFILES.complete(typed)))]
    profile: Option<String>,

    /// Use only this listener of the profile, by default of `book`
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(listener_candidates))]
    listener: Option<String>,

    /// Inject a fault into a percentage of the responses: `404@5%`, `ERROR=404@5%`; repeatable, at most 100% in total
    #[arg(long, value_name = "[NAME=]SPEC", add = ArgValueCandidates::new(names::faults))]
    fault: Vec<ForListener<FaultSpec>>,

    /// Serve at most N requests at once; reject others with 503
    #[arg(long, alias = "capacity", value_name = "N", value_parser = value_parsers::concurrency_limit)]
    concurrency_limit: Option<u32>,

    /// Queue up to N more requests instead of rejecting them [default: the profile's, or 0]
    #[arg(long, value_name = "N", value_parser = value_parsers::queue)]
    queue: Option<u32>,

    /// Limit the request rate and reject others with 429: `100/s`, `30/m`
    #[arg(long, value_name = "N/s")]
    rate_limit: Option<RateLimit>,

    /// Limit the bandwidth that all connections share: `1MB/s`, `64KiB/s`
    #[arg(long, value_name = "BYTES/s")]
    bandwidth: Option<Bandwidth>,

    /// Delay the acceptance of connections: `200ms`, `1s@5s..8s`; repeatable
    #[arg(long, value_name = "TIME[@WINDOW]")]
    accept_delay: Vec<AcceptDelay>,

    /// Refuse connections in a window of time after the start: `5s..8s`, `20s..`; repeatable
    #[arg(long, value_name = "WINDOW")]
    refuse: Vec<TimeWindow>,

    /// Send flags, metadata and pages with this `Cache-Control`: `max-age=60`
    #[arg(long, value_name = "TEXT")]
    cache_control: Option<CacheControl>,

    /// Draw delays and faults from this seed [default: the profile's, or 0]
    #[arg(long, value_name = "SEED", allow_negative_numbers = true)]
    pub(crate) seed: Option<Seed>,
}

/// A value for all listeners, or for one (`NAME=SPEC`).
#[derive(Clone)]
pub(crate) struct ForListener<T> {
    listener: Option<String>,
    value: T,
}

impl<T: FromStr> FromStr for ForListener<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<ForListener<T>, T::Err> {
        let (listener, value) = match text.split_once('=') {
            // A `=` after one of these belongs to a parameter, as in `lognormal:p50=5ms` and `hang:for=4s`.
            Some((name, value)) if !name.contains([':', ',', '@']) => {
                (Some(name.to_owned()), value)
            }
            _ => (None, text),
        };
        let value = value.parse()?;
        Ok(ForListener { listener, value })
    }
}

impl<T> ForListener<T> {
    fn applies_to(&self, listener: &Listener) -> bool {
        self.listener.is_none() || self.listener == listener.name
    }
}

impl ProfileOptions {
    /// Whether an option is given that selects or changes a profile. `--seed` alone applies to the default profile.
    pub(crate) fn is_given(&self) -> bool {
        !self.latency.is_empty() || self.others.is_given()
    }

    /// Whether a profile or one of its listeners is named.
    pub(crate) fn names_profile(&self) -> bool {
        self.others.names_profile()
    }

    /// The first of these options that is given, such as `--latency`; not `--seed`.
    pub(crate) fn first_given(&self) -> Option<&'static str> {
        let named = [
            ("--profile", self.others.profile.is_some()),
            ("--listener", self.others.listener.is_some()),
            ("--latency", !self.latency.is_empty()),
        ];
        let named = named.iter().find(|(_, is_given)| *is_given);
        named
            .map(|(option, _)| *option)
            .or_else(|| self.others.first_change())
    }

    /// The given seed.
    pub(crate) fn seed(&self) -> Option<Seed> {
        self.others.seed
    }

    /// Changes the only listener of a run as it changes the listeners of a profile.
    pub(crate) fn change_only(&self, listener: &mut Listener) -> Result<()> {
        self.others.check_names(listener)?;
        self.others.change(listener, &self.latency)
    }

    /// Whether the profile is a file and not built in.
    pub(crate) fn is_file(&self) -> bool {
        let name = self.others.profile.as_ref();
        name.is_some_and(|name| !PROFILES.contains(name))
    }

    /// The named profile, or the profile `default`, with these options.
    pub(crate) fn effective_profile(&self, default: &str) -> Result<Profile> {
        self.others.effective_profile(default, &self.latency)
    }
}

impl ServerOptions {
    fn is_given(&self) -> bool {
        self.profile.is_some()
            || !self.fault.is_empty()
            || self.concurrency_limit.is_some()
            || self.rate_limit.is_some()
            || self.bandwidth.is_some()
            || !self.accept_delay.is_empty()
            || !self.refuse.is_empty()
            || self.cache_control.is_some()
    }

    /// Whether a profile or one of its listeners is named.
    pub(crate) fn names_profile(&self) -> bool {
        self.profile.is_some() || self.listener.is_some()
    }

    /// The first option that changes a listener, such as `--fault`, if any is given.
    pub(crate) fn first_change(&self) -> Option<&'static str> {
        let changes = [
            ("--fault", !self.fault.is_empty()),
            ("--concurrency-limit", self.concurrency_limit.is_some()),
            ("--queue", self.queue.is_some()),
            ("--rate-limit", self.rate_limit.is_some()),
            ("--bandwidth", self.bandwidth.is_some()),
            ("--accept-delay", !self.accept_delay.is_empty()),
            ("--refuse", !self.refuse.is_empty()),
            ("--cache-control", self.cache_control.is_some()),
        ];
        let mut given = changes.into_iter().filter(|(_, is_given)| *is_given);
        given.next().map(|(option, _)| option)
    }

    /// Changes the listener of an experiment as it changes the listeners of a profile.
    pub(crate) fn change_only(&self, listener: &mut Listener) -> Result<()> {
        self.check_names(listener)?;
        self.change(listener, &[])
    }

    /// Refuses a fault for a listener of another name.
    fn check_names(&self, listener: &Listener) -> Result<()> {
        let mut names = self.fault.iter().filter_map(|one| one.listener.as_ref());
        if let Some(wanted) = names.find(|name| listener.name.as_ref() != Some(*name)) {
            bail!(
                "--fault: the server of the experiment is not named `{wanted}`; remove `{wanted}=`"
            );
        }
        Ok(())
    }

    /// The named profile, with these latencies and these options. Without a name, `book` if a listener is named, else
    /// `default`.
    pub(crate) fn effective_profile(
        &self,
        default: &str,
        latencies: &[ForListener<Latency>],
    ) -> Result<Profile> {
        let for_all = latencies.iter().filter(|one| one.listener.is_none());
        if for_all.count() > 1 {
            bail!("--latency: expected only once, or once for each listener");
        }
        let named = latencies.iter().map(|one| ("--latency", &one.listener));
        let named = named.chain(self.fault.iter().map(|one| ("--fault", &one.listener)));
        let named = named.filter_map(|(option, name)| Some((option, name.as_ref()?)));
        let named: Vec<_> = named.collect();
        let is_named = self.listener.is_some() || !named.is_empty();
        let default = if is_named { BOOK } else { default };
        let name = self.profile.as_deref().unwrap_or(default);
        let mut profile = load(name)?.with_ports();
        profile.seed = self.seed.map_or(profile.seed, |seed| seed.0);
        name_listeners(&mut profile);
        if let Some(wanted) = &self.listener {
            check_listener("--listener", wanted, name, &profile)?;
            let listeners = &mut profile.listeners;
            listeners.retain(|listener| listener.name.as_ref() == Some(wanted));
        }
        for (option, wanted) in named {
            check_listener(option, wanted, name, &profile)?;
        }
        for listener in &mut profile.listeners {
            self.change(listener, latencies)?;
        }
        let checked = profile.check();
        checked.map_err(|error| anyhow!("--profile: {name}: {error}"))?;
        Ok(profile)
    }

    fn change(&self, listener: &mut Listener, latencies: &[ForListener<Latency>]) -> Result<()> {
        let (named, others): (Vec<_>, Vec<_>) =
            latencies.iter().partition(|one| one.listener.is_some());
        let mut latencies = named.into_iter().rev().chain(others);
        if let Some(latency) = latencies.find(|one| one.applies_to(listener)) {
            listener.latency = latency.value.clone();
        }
        let faults = self.fault.iter().filter(|one| one.applies_to(listener));
        let mut faults: Vec<_> = faults.map(|one| one.value.clone()).collect();
        for fault in &mut faults {
            let read = fault.read_file(Path::new(""));
            read.map_err(|error| anyhow!("--fault: {error}"))?;
        }
        Faults::new(faults.clone()).map_err(|error| anyhow!("--fault: {error}"))?;
        if !faults.is_empty() {
            listener.faults = faults;
        }
        listener.concurrency_limit = self.concurrency_limit.or(listener.concurrency_limit);
        listener.queue = self.queue.or(listener.queue);
        listener.rate_limit = self.rate_limit.or(listener.rate_limit);
        listener.bandwidth = self.bandwidth.or(listener.bandwidth);
        if !self.accept_delay.is_empty() {
            listener.accept_delay.clone_from(&self.accept_delay);
        }
        if !self.refuse.is_empty() {
            listener.refuse.clone_from(&self.refuse);
        }
        if let Some(value) = &self.cache_control {
            listener.cache_control = Some(value.clone());
        }
        if self.queue.is_some() && listener.concurrency_limit.is_none() {
            bail!("--queue: needs `--concurrency-limit`");
        }
        Ok(())
    }
}

/// Loads a profile by its built-in name or from a file.
pub(crate) fn load(name: &str) -> Result<Profile> {
    let text = PROFILES.text(name);
    let text = text.map_err(|error| anyhow!("--profile: {error:#}"))?;
    let folder = Path::new(name).parent().unwrap_or(Path::new(""));
    Profile::parse_in(folder, &text).map_err(|error| anyhow!("--profile: {name}:{error}"))
}

/// The listener of a profile that has only one.
pub(crate) fn only_listener(profile: &str) -> Result<Listener> {
    let mut listeners = load(profile)?.listeners;
    match (listeners.pop(), listeners.is_empty()) {
        (Some(listener), true) => Ok(listener),
        _ => bail!("--profile: expected a profile with one listener, got `{profile}`"),
    }
}

/// Refuses the name of a listener, in an option, that the profile `name` does not have.
fn check_listener(option: &str, wanted: &str, name: &str, profile: &Profile) -> Result<()> {
    let listeners = profile.listeners.iter();
    let known: Vec<_> = listeners.filter_map(|one| one.name.as_deref()).collect();
    if known.is_empty() {
        bail!("{option}: the listener of profile `{name}` has no name, got `{wanted}`");
    }
    if !known.contains(&wanted) {
        let unknown = SpecError::unknown("listener", wanted, known);
        bail!("{option}: profile `{name}`: {unknown}");
    }
    Ok(())
}

/// Names unnamed listeners `listener[0]` and so on, if there are several.
fn name_listeners(profile: &mut Profile) {
    if profile.listeners.len() > 1 {
        for (index, listener) in profile.listeners.iter_mut().enumerate() {
            let name = || format!("listener[{index}]");
            listener.name.get_or_insert_with(name);
        }
    }
}

/// The listeners of the default profile.
fn listener_candidates() -> Vec<CompletionCandidate> {
    let book = load(BOOK).map(|profile| profile.listeners);
    let names = book
        .unwrap_or_default()
        .into_iter()
        .filter_map(|one| one.name);
    names.map(CompletionCandidate::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct ProfileCli {
        #[command(flatten)]
        options: ProfileOptions,
    }

    /// Name, latency and faults of each listener.
    fn listeners(line: &str) -> Result<Vec<String>, String> {
        let words = ["serve"].into_iter().chain(line.split_whitespace());
        let options = ProfileCli::try_parse_from(words).unwrap().options;
        let profile = options
            .effective_profile("clean")
            .map_err(|error| error.to_string())?;
        let describe = |one: Listener| {
            let faults: Vec<_> = one.faults.iter().map(ToString::to_string).collect();
            format!(
                "{} {} {}",
                one.name.unwrap_or_default(),
                one.latency,
                faults.join(",")
            )
        };
        Ok(profile.listeners.into_iter().map(describe).collect())
    }

    #[test]
    fn value_with_a_name_applies_to_this_listener_alone() {
        let changed = listeners(
            "--latency DELAY=1s..2s --latency 5ms --fault ERROR=404@1% --fault hang:for=4s@2%",
        );
        let expected = [
            "LOCAL 5ms hang:for=4s@2%",
            "DELAY uniform:1s..2s hang:for=4s@2%",
            "ERROR 5ms 404@1%,hang:for=4s@2%",
        ];
        assert_eq!(changed.unwrap(), expected);
        let others = listeners("--latency DELAY=lognormal:p50=5ms,p99=20ms").unwrap();
        assert_eq!(
            others[1..],
            [
                "DELAY lognormal:p50=5ms,p99=20ms ",
                "ERROR uniform:500ms..5s 418@25%"
            ]
        );
    }

    #[test]
    fn latency_is_given_once_for_each_listener_that_is_used() {
        let error = |line| listeners(line).unwrap_err();
        let once = "--latency: expected only once, or once for each listener";
        assert_eq!(error("--latency 5ms --latency 7ms"), once);
        let unused = "--latency: profile `book`: unknown listener `DELAY`; known: LOCAL";
        assert_eq!(error("--latency DELAY=5ms --listener LOCAL"), unused);
    }

    #[test]
    fn listener_without_profile_is_one_of_the_book() {
        assert_eq!(
            listeners("--listener ERROR").unwrap(),
            ["ERROR uniform:500ms..5s 418@25%"]
        );
        assert_eq!(listeners("--latency 5ms").unwrap(), [" 5ms "]);
    }

    #[test]
    fn unknown_listener_is_refused_with_a_suggestion() {
        for (line, option) in [
            ("--listener DELEY", "--listener"),
            ("--latency DELEY=1s", "--latency"),
            ("--fault DELEY=404", "--fault"),
        ] {
            let sentence = "profile `book`: unknown listener `DELEY`; did you mean `DELAY`?";
            assert_eq!(
                listeners(line).unwrap_err(),
                format!("{option}: {sentence}")
            );
        }
    }
}
