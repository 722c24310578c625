//! A load run as plain data: options of the command line, and keys of a TOML file.

mod check;
mod merge;
mod repeat;
mod secrets;
mod shard;
pub(crate) mod values;

use self::shard::ShardChoice;
use self::values::{Connections, FieldLine, RequestCount, RequestMethod};
use crate::options::built_in;
use crate::options::policy::PolicyOptions;
use crate::options::policy_values::{AnyDuration, PositiveDuration};
use crate::options::value_parsers::{self, Seed};
use crate::options::{names, profile_options};
use crate::process::system_limits;
use anyhow::{Result, anyhow, bail};
use clap::Args;
use clap_complete::engine::ArgValueCandidates;
use flagpole_analysis::load::{LoadCondition, Shard};
use flagpole_client::{
    ArrivalProcess, ArrivalRate, Stages, StatusSet, TargetOrder, ThinkTime, TransportKind,
};
use flagpole_protocol::{ContentDigest, TextOrNumber};
use flagpole_server::config::listener::Listener;
use flagpole_server::config::location::describe_toml_error;
use serde::{Deserialize, Serialize};
use serde_with::{serde_as, skip_serializing_none};
use std::env;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The default length of a run.
pub(crate) const DURATION: Duration = Duration::from_secs(10);

/// The default number of connections in the closed model, as in oha and hey.
pub(crate) const CONNECTIONS: Connections =
    Connections::new(50).expect("50 connections are allowed");

/// The default limit on requests in flight of a process in the open model, if as many open files are allowed.
const MAX_IN_FLIGHT: usize = 10_000;

/// The default time for requests in flight after the last one has started.
pub(crate) const GRACE: Duration = Duration::from_secs(1);

/// A load run. A file has the same keys with `_`, and holds only what is given; docs/load.md documents them.
#[serde_as]
#[skip_serializing_none]
#[derive(Args, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LoadSpec {
    /// What the run is for, in one line.
    #[arg(skip)]
    pub(crate) about: Option<String>,

    /// The URL to which the paths of `urls` and `scenario` belong.
    #[arg(skip)]
    pub(crate) base: Option<String>,

    /// The targets: a URL, a path on flagpole's own server, or an object of JSON each, as in a file for --urls.
    #[arg(skip)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) urls: Vec<String>,

    /// Keep N requests in flight, each on a connection [default: 50]
    #[arg(
        short = 'c',
        long,
        short_alias = 'm',
        alias = "connections",
        value_name = "N",
        help_heading = "Load"
    )]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) concurrency: Option<Connections>,

    /// End after N requests
    #[arg(short = 'n', long, value_name = "N", help_heading = "Load")]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) requests: Option<RequestCount>,

    /// Make requests for this long [default: 10s; each step of a search 5s]
    #[arg(short = 'z', long, value_name = "DURATION", help_heading = "Load")]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) duration: Option<PositiveDuration>,

    /// Start requests at this rate, whatever the responses take: `2000/s`, `90/m`
    #[arg(long, value_name = "RATE", help_heading = "Load")]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) rate: Option<ArrivalRate>,

    /// The rate of each user, in a user class of a Locust worker.
    #[arg(skip)]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) rate_per_user: Option<ArrivalRate>,

    /// Start requests evenly or at random: `constant` or `poisson` [default: constant]
    #[arg(long, value_name = "PROCESS", add = ArgValueCandidates::new(names::arrivals), help_heading = "Load")]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) arrivals: Option<ArrivalProcess>,

    /// Change the rate or concurrency over time: `10s:0..1000/s,30s:1000/s`; `10s:1..50`
    #[arg(long, value_name = "STAGES", help_heading = "Load")]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) stages: Option<Stages>,

    /// Queue arrivals while N requests are in flight [default: 10000]
    #[arg(long, value_name = "N", help_heading = "Load")]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) max_in_flight: Option<Connections>,

    /// Pause between a response and the next request: `1s`, `100ms..2s`
    #[arg(long, value_name = "DURATION", help_heading = "Load")]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) think: Option<ThinkTime>,

    /// Make only this part of the load: `2/4`, `auto/4` or `auto` (docs/distributed.md)
    #[arg(long, value_name = "I/N", help_heading = "Load")]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) shard: Option<ShardChoice>,

    /// Leave this time at the start out of all figures
    #[arg(long, value_name = "DURATION", help_heading = "Load")]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) warm_up: Option<AnyDuration>,

    /// Wait this long for responses after the last request [default: 1s]
    #[arg(long, value_name = "DURATION", help_heading = "Load")]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) grace: Option<AnyDuration>,

    /// Find the highest rate that meets a condition: `p99 < 50ms and errors < 0.1%`
    #[arg(
        long,
        value_name = "CONDITION",
        conflicts_with = "find_concurrency",
        help_heading = "Load"
    )]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) find_rate: Option<LoadCondition>,

    /// Find the highest concurrency that meets a condition
    #[arg(long, value_name = "CONDITION", help_heading = "Load")]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) find_concurrency: Option<LoadCondition>,

    /// Use this method [default: GET; with a body POST]
    #[arg(short = 'X', long, value_name = "METHOD", help_heading = "Requests")]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) method: Option<RequestMethod>,

    /// Send this field: `Accept: text/html`; repeatable
    #[arg(short = 'H', long, value_name = "FIELD", help_heading = "Requests")]
    #[serde_as(as = "Vec<TextOrNumber>")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) header: Vec<FieldLine>,

    /// Send this text as the body
    #[arg(
        short = 'd',
        long,
        value_name = "TEXT",
        conflicts_with = "body_file",
        help_heading = "Requests"
    )]
    pub(crate) body: Option<String>,

    /// Send the content of this file as the body
    #[arg(short = 'D', long, value_name = "FILE", help_heading = "Requests")]
    pub(crate) body_file: Option<PathBuf>,

    /// Send this Content-Type
    #[arg(short = 'T', long, value_name = "TYPE", help_heading = "Requests")]
    pub(crate) content_type: Option<String>,

    /// Request the targets in this order: `sequential`, `shuffled`, `weighted` [default: sequential]
    #[arg(long, value_name = "ORDER", add = ArgValueCandidates::new(names::target_orders), help_heading = "Requests")]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) order: Option<TargetOrder>,

    /// Connect to this Unix socket; the URL gives path and `Host`
    #[arg(long, value_name = "PATH", help_heading = "Requests")]
    pub(crate) unix_socket: Option<PathBuf>,

    /// Reject response bodies larger than this [default: 8388608]
    #[arg(long, value_name = "BYTES", value_parser = value_parsers::count, help_heading = "Requests")]
    pub(crate) max_body: Option<NonZeroUsize>,

    /// Count only these statuses as success: `200,204,3xx` [default: 2xx]
    #[arg(long, value_name = "STATUSES", help_heading = "Requests")]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) expect_status: Option<StatusSet>,

    /// Count only bodies with this digest as success: `sha-256=:...:`
    #[arg(long, value_name = "DIGEST", help_heading = "Requests")]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) expect_digest: Option<ContentDigest>,

    /// Count only bodies that contain this text as success
    #[arg(long, value_name = "TEXT", help_heading = "Requests")]
    pub(crate) expect_body: Option<String>,

    /// Send requests by flagpole's codec (`built-in`) or by `hyper` [default: built-in]
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(names::transports), help_heading = "Requests")]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) transport: Option<TransportKind>,

    /// End the run when this holds: `errors > 50%`; repeatable
    #[arg(long, value_name = "CONDITION", help_heading = "Results")]
    #[serde_as(as = "Vec<TextOrNumber>")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) abort_if: Vec<LoadCondition>,

    /// Exit with 1 if this holds: `p99 > 80ms`, `p99/baseline > 1.1`; repeatable
    #[arg(long, value_name = "CONDITION", help_heading = "Results")]
    #[serde_as(as = "Vec<TextOrNumber>")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) fail_if: Vec<LoadCondition>,

    /// The seed of arrivals, of the order of targets, and of flagpole's own server.
    // An option of the server.
    #[arg(skip)]
    #[serde_as(as = "Option<TextOrNumber>")]
    pub(crate) seed: Option<Seed>,

    #[command(flatten)]
    #[serde(skip_serializing_if = "PolicyOptions::is_empty")]
    pub(crate) policy: PolicyOptions,

    /// The scenario, as in a file for --scenario.
    #[arg(skip)]
    pub(crate) scenario: Option<toml::Table>,

    /// A profile with one listener, for flagpole's own server: a built-in name or a file.
    #[arg(skip)]
    pub(crate) profile: Option<String>,

    /// The listener of flagpole's own server.
    #[arg(skip)]
    pub(crate) server: Option<Listener>,
}

impl LoadSpec {
    /// Loads a file.
    pub(crate) fn load(name: &str) -> Result<LoadSpec> {
        let text = built_in::read_input(name).map_err(|error| anyhow!("URL|FILE: {error:#}"))?;
        if text.parse().is_ok_and(|keys: toml::Table| keys.is_empty()) {
            bail!(
                "URL|FILE: {name}: expected a load run such as --print-experiment writes, got a file without keys"
            );
        }
        let mut spec = LoadSpec::parse(&text, name)?;
        if spec.rate_per_user.is_some() {
            bail!(
                "{name}: rate_per_user: only user classes of `flagpole worker` have it; the rate of a run is `rate`"
            );
        }
        let folder = Path::new(name).parent().unwrap_or(Path::new(""));
        if let Some(listener) = &mut spec.server {
            let read = listener.read_files(folder);
            read.map_err(|error| anyhow!("{name}: server.{error}"))?;
        }
        spec.body_file = spec.body_file.map(|file| folder.join(file));
        Ok(spec)
    }

    /// Parses the text of the file `name`.
    fn parse(text: &str, name: &str) -> Result<LoadSpec> {
        let parsed: Result<LoadSpec, _> = toml::from_str(text);
        parsed.map_err(|error| {
            let described = describe_toml_error(text, error.span(), error.message());
            anyhow!("{name}:{described}")
        })
    }

    /// The listener of flagpole's own server; `None` with another server.
    pub(crate) fn listener(&self) -> Result<Option<Listener>> {
        let listener = match (&self.server, &self.profile) {
            (Some(listener), _) => listener.clone(),
            (None, Some(name)) => profile_options::only_listener(name)?,
            (None, None) => return Ok(None),
        };
        let checked = listener.check();
        checked.map_err(|error| anyhow!("server: {error}"))?;
        Ok(Some(listener))
    }

    /// Whether requests arrive at given times.
    pub(crate) fn is_open(&self) -> bool {
        let has_rates = matches!(self.stages, Some(Stages::Rates(_)));
        let rates = [self.rate, self.rate_per_user];
        rates.iter().any(Option::is_some) || has_rates || self.find_rate.is_some()
    }

    /// The condition of a search.
    pub(crate) fn search_condition(&self) -> Option<&LoadCondition> {
        self.find_rate.as_ref().or(self.find_concurrency.as_ref())
    }

    /// Whether flagpole's own server is measured.
    pub(crate) fn has_own_server(&self) -> bool {
        self.server.is_some() || self.profile.is_some()
    }

    pub(crate) fn warm_up(&self) -> Duration {
        self.warm_up.map_or(Duration::ZERO, |time| time.0)
    }

    pub(crate) fn grace(&self) -> Duration {
        self.grace.map_or(GRACE, |time| time.0)
    }

    /// How long requests are made; `None` if only their number is limited. The warm-up is included.
    pub(crate) fn duration(&self) -> Option<Duration> {
        match (&self.stages, self.duration, self.requests) {
            (Some(stages), ..) => Some(stages.duration()),
            (None, Some(duration), _) => Some(duration.0 + self.warm_up()),
            (None, None, Some(_)) => None,
            (None, None, None) => Some(DURATION + self.warm_up()),
        }
    }

    /// The run of this process, whose shard may be in the environment.
    pub(crate) fn with_resolved_shard(&self) -> Result<LoadSpec> {
        let resolve = |choice: ShardChoice| choice.resolve(&|name| env::var(name).ok());
        let shard = self.shard.map(resolve).transpose()?;
        let resolved = LoadSpec {
            shard: shard.map(ShardChoice::Given),
            ..self.clone()
        };
        resolved.check_shard()?;
        Ok(resolved)
    }

    /// The shard of a process whose shard is resolved; `None` if it has all of the load.
    pub(crate) fn shard(&self) -> Option<Shard> {
        match self.shard? {
            ShardChoice::Given(shard) => Some(shard),
            ShardChoice::AutoOf(_) | ShardChoice::Auto => None,
        }
    }

    /// The most requests in flight, of all shards.
    pub(crate) fn connections(&self) -> usize {
        if self.is_open() {
            return self
                .max_in_flight
                .map_or_else(|| self.default_in_flight(), Connections::get);
        }
        match &self.stages {
            Some(Stages::Connections(stages)) => {
                let levels = stages.iter().map(|stage| stage.from.max(stage.to));
                levels.max().unwrap_or(0) as usize
            }
            _ => self.concurrency.unwrap_or(CONNECTIONS).get(),
        }
    }

    /// Shards have the same one whatever their machines allow, as their loads must be parts of one.
    fn default_in_flight(&self) -> usize {
        let shards = self.shard.map(|choice| choice.of().unwrap_or(1));
        if let Some(shards) = shards {
            let shards = usize::try_from(shards).unwrap_or(usize::MAX);
            return MAX_IN_FLIGHT.saturating_mul(shards);
        }
        let allowed = usize::try_from(system_limits::max_connections());
        MAX_IN_FLIGHT.min(allowed.unwrap_or(usize::MAX))
    }
}
