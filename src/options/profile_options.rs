//! Options of a server: a profile and changes to it.

use crate::options::{builtin_profiles, value_parsers};
use anyhow::{Result, anyhow, bail};
use clap::Args;
use flagpole_server::fate::fault::Faults;
use flagpole_server::{FaultSpec, Latency, Profile, RateLimit};

/// Server options. They replace the values in every listener (server) of the profile; the rules of a listener stay.
#[derive(Args)]
pub(crate) struct ProfileOptions {
    /// Delay responses: `50ms`, `uniform:500ms..5s`
    #[arg(long, value_name = "SPEC")]
    latency: Option<Latency>,

    #[command(flatten)]
    others: ServerOptions,
}

/// Server options without the latency, of which `compare` takes several.
#[derive(Args)]
pub(crate) struct ServerOptions {
    /// Use this profile: a built-in name or a file
    #[arg(long, value_name = "NAME|FILE")]
    profile: Option<String>,

    /// Use only this listener (one server) of the profile
    #[arg(long, value_name = "NAME", requires = "profile")]
    listener: Option<String>,

    /// Inject a fault into a percentage of the responses: `404@5%`; repeatable, at most 100% in total
    #[arg(long, value_name = "SPEC")]
    fault: Vec<FaultSpec>,

    /// Serve at most N requests at a time; when the queue is full too, answer 503
    #[arg(long, alias = "capacity", value_name = "N", value_parser = value_parsers::concurrency_limit)]
    concurrency_limit: Option<u32>,

    /// Queue up to N more requests (FIFO); needs --concurrency-limit [default: the profile's, or 0]
    #[arg(long, value_name = "N", value_parser = value_parsers::queue)]
    queue: Option<u32>,

    /// Limit the request rate (`100/s`, `30/m`); the rest get 429
    #[arg(long, value_name = "N/s")]
    rate_limit: Option<RateLimit>,

    /// Draw delays and faults from this seed [default: the profile's, or 0]
    #[arg(long, value_name = "SEED", allow_negative_numbers = true, value_parser = value_parsers::seed)]
    seed: Option<u64>,
}

impl ProfileOptions {
    /// Whether an option is given that selects or changes a profile. `--seed` alone applies to the default profile.
    pub(crate) fn is_given(&self) -> bool {
        self.latency.is_some() || self.others.is_given()
    }

    /// The named profile, or the profile `default`, with these options.
    pub(crate) fn effective_profile(&self, default: &str) -> Result<Profile> {
        self.others
            .effective_profile(default, self.latency.as_ref())
    }
}

impl ServerOptions {
    fn is_given(&self) -> bool {
        self.profile.is_some()
            || !self.fault.is_empty()
            || self.concurrency_limit.is_some()
            || self.rate_limit.is_some()
    }

    /// Whether a profile is named.
    pub(crate) fn names_profile(&self) -> bool {
        self.profile.is_some()
    }

    /// The named profile, or the profile `default`, with this latency and these options.
    pub(crate) fn effective_profile(
        &self,
        default: &str,
        latency: Option<&Latency>,
    ) -> Result<Profile> {
        Faults::new(self.fault.clone()).map_err(|error| anyhow!("--fault: {error}"))?;
        let name = self.profile.as_deref().unwrap_or(default);
        let mut profile = builtin_profiles::load(name)?;
        if let Some(seed) = self.seed {
            profile.seed = seed;
        }
        let known = listener_names(&profile);
        profile = profile.with_ports();
        name_listeners(&mut profile);
        if let Some(wanted) = &self.listener {
            let listeners = &mut profile.listeners;
            listeners.retain(|listener| listener.name.as_ref() == Some(wanted));
            if listeners.is_empty() {
                bail!("--listener: the profile `{name}` has no listener `{wanted}`{known}");
            }
        }
        for listener in &mut profile.listeners {
            if let Some(latency) = latency {
                listener.latency = latency.clone();
            }
            if !self.fault.is_empty() {
                listener.faults.clone_from(&self.fault);
            }
            listener.concurrency_limit = self.concurrency_limit.or(listener.concurrency_limit);
            listener.queue = self.queue.or(listener.queue);
            listener.rate_limit = self.rate_limit.or(listener.rate_limit);
            if self.queue.is_some() && listener.concurrency_limit.is_none() {
                bail!("--queue: needs `--concurrency-limit`");
            }
        }
        profile
            .check()
            .map_err(|error| anyhow!("--profile: {name}: {error}"))?;
        Ok(profile)
    }
}

/// Names unnamed listeners `listener[0]` and so on, if there are several.
fn name_listeners(profile: &mut Profile) {
    if profile.listeners.len() > 1 {
        for (index, listener) in profile.listeners.iter_mut().enumerate() {
            listener
                .name
                .get_or_insert_with(|| format!("listener[{index}]"));
        }
    }
}

/// The names of a profile's listeners, for an error.
fn listener_names(profile: &Profile) -> String {
    let listeners = profile.listeners.iter();
    let names: Vec<_> = listeners
        .filter_map(|listener| listener.name.as_deref())
        .collect();
    if names.is_empty() {
        String::new()
    } else {
        format!("; known: {}", names.join(", "))
    }
}
