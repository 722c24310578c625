//! An experiment as plain data, and its TOML format.

use super::program::Program;
use crate::options::built_in::EXPERIMENTS;
use crate::options::flag_selection::FlagCount;
use crate::options::names::StrategyName;
use crate::options::policy::PolicyOptions;
use crate::options::policy_values::PositiveDuration;
use crate::options::profile_options;
use crate::options::value_parsers::Seed;
use crate::process::trial_job::{self, Files};
use anyhow::{Result, anyhow, bail};
use flagpole_analysis::comparison::threshold::Threshold;
use flagpole_client::{Concurrency, TransportKind, Workload};
use flagpole_protocol::{CountryCode, OriginForm, TextOrNumber};
use flagpole_server::Latency;
use flagpole_server::config::listener::Listener;
use flagpole_server::config::location::describe_toml_error;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_with::{serde_as, skip_serializing_none};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

/// The default number of rounds. With 20, the minimum detectable effect is about one standard deviation of a round.
pub(crate) const ROUNDS: NonZeroUsize = NonZeroUsize::new(20).expect("20 is not 0");

/// The default concurrency is at most this. 30 is the number of threads of the program in the book that docs/article.md
/// follows.
const DEFAULT_CONCURRENCY: usize = 30;

/// The default time limit of a trial of a program.
const PROGRAM_TIMEOUT: Duration = Duration::from_secs(60);

/// A comparison as its file describes it; docs/experiments.md documents the keys.
#[serde_as]
#[skip_serializing_none]
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Experiment {
    /// What the experiment shows, in one line.
    pub(crate) about: Option<String>,
    /// Seed of delays, faults and the order of the trials.
    #[serde_as(as = "TextOrNumber")]
    #[serde(default)]
    pub(crate) seed: Seed,
    /// `None` only with `urls`.
    #[serde_as(as = "Option<TextOrNumber>")]
    #[serde(default)]
    pub(crate) flags: Option<FlagCount>,
    /// Downloads of each flag or path.
    #[serde(default = "once")]
    pub(crate) times: NonZeroUsize,
    /// `None` only with `urls`.
    pub(crate) files: Option<Files>,
    /// The paths to download from the server at `url`, instead of flags.
    #[serde_as(as = "Option<Vec<TextOrNumber>>")]
    #[serde(default)]
    pub(crate) urls: Option<Vec<OriginForm>>,
    /// Measured rounds, without the warm-up round.
    #[serde(default = "rounds")]
    pub(crate) rounds: NonZeroUsize,
    /// Whether to measure the measurement overhead; by default if the comparison takes long.
    pub(crate) measure_overhead: Option<bool>,
    /// A profile with one listener: a built-in name or a file.
    pub(crate) profile: Option<String>,
    /// An external server, instead of flagpole's own.
    pub(crate) url: Option<String>,
    /// The strategy to which reports relate the times of the others; by default the fastest.
    pub(crate) reference: Option<String>,
    /// Thresholds such as `async.efficiency < 0.9`.
    #[serde_as(as = "Vec<TextOrNumber>")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) fail_if: Vec<Threshold>,
    /// The port of flagpole's own server, for programs that know only theirs; by default a free one.
    pub(crate) port: Option<u16>,
    /// The time limit of a trial of a program.
    #[serde_as(as = "Option<TextOrNumber>")]
    #[serde(default)]
    pub(crate) program_timeout: Option<PositiveDuration>,
    /// Who speaks HTTP in all strategies.
    #[serde_as(as = "TextOrNumber")]
    #[serde(default)]
    pub(crate) transport: TransportKind,
    #[serde(default)]
    pub(crate) grid: Grid,
    /// The policy of all strategies.
    #[serde(default, skip_serializing_if = "PolicyOptions::is_empty")]
    pub(crate) policy: PolicyOptions,
    /// Policies to compare, by name; every strategy runs under each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) policies: BTreeMap<String, PolicyOptions>,
    /// The listener of flagpole's own server, instead of a profile.
    pub(crate) server: Option<Listener>,
    /// Programs to compare, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) programs: BTreeMap<String, Program>,
    /// The names of the programs that are not there.
    #[serde(skip)]
    pub(crate) missing_programs: BTreeSet<String>,
}

/// The values to compare. Each latency with each concurrency is a cell.
#[serde_as]
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Grid {
    /// Latencies that replace the latency of the server.
    #[serde_as(as = "Vec<TextOrNumber>")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) latency: Vec<Latency>,
    #[serde_as(as = "Vec<TextOrNumber>")]
    #[serde(alias = "max_req", skip_serializing_if = "Vec::is_empty")]
    pub(crate) concurrency: Vec<Concurrency>,
    /// Strategies in the order of the tables.
    #[serde_as(as = "Vec<TextOrNumber>")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) strategies: Vec<StrategyName>,
    /// Files of the first versions may name hyper, which all their strategies used.
    #[serde(skip_serializing, deserialize_with = "only_hyper")]
    pub(crate) transports: Vec<String>,
}

impl Experiment {
    /// Loads an experiment by its built-in name or from a file.
    pub(crate) fn load(name: &str) -> Result<Experiment> {
        let text = EXPERIMENTS
            .text(name)
            .map_err(|error| anyhow!("EXPERIMENT: {error:#}"))?;
        if text.parse().is_ok_and(|keys: toml::Table| keys.is_empty()) {
            bail!(
                "EXPERIMENT: {name}: expected an experiment such as --print-experiment writes, got a file without keys"
            );
        }
        let mut experiment = Experiment::parse(&text, name)?;
        if let Some(listener) = &mut experiment.server {
            let folder = Path::new(name).parent().unwrap_or(Path::new(""));
            let read = listener.read_files(folder);
            read.map_err(|error| anyhow!("{name}: server.{error}"))?;
        }
        Ok(experiment)
    }

    /// Parses the text of the file `name`.
    pub(crate) fn parse(text: &str, name: &str) -> Result<Experiment> {
        let parsed: Result<Experiment, _> = toml::from_str(text);
        let mut experiment = parsed.map_err(|error| {
            let described = describe_toml_error(text, error.span(), error.message());
            anyhow!("{name}:{described}")
        })?;
        if experiment.urls.is_none() {
            experiment.flags.get_or_insert_default();
            experiment.files.get_or_insert_default();
        }
        Ok(experiment)
    }

    /// The codes of the flags; none if paths are downloaded.
    pub(crate) fn codes(&self) -> Vec<CountryCode> {
        self.flags.map(FlagCount::codes).unwrap_or_default()
    }

    /// The number of flags or paths, each of which is downloaded as often as `times` says.
    pub(crate) fn list_length(&self) -> usize {
        let paths = self.urls.as_ref().map(Vec::len);
        paths.unwrap_or_else(|| self.codes().len())
    }

    /// The downloads of a run.
    pub(crate) fn workload(&self) -> Workload {
        let downloads = self.list_length().saturating_mul(self.times.get());
        let (paths, files) = (self.urls.as_deref(), self.files.unwrap_or_default());
        trial_job::workload(&self.codes(), paths.unwrap_or_default(), files, downloads)
    }

    /// The programs that are compared: all but those that are not there.
    pub(crate) fn available_programs(&self) -> impl Iterator<Item = (&String, &Program)> {
        let programs = self.programs.iter();
        programs.filter(|(name, _)| !self.missing_programs.contains(*name))
    }

    /// The time limit of a trial of a program.
    pub(crate) fn program_timeout(&self) -> Duration {
        self.program_timeout
            .map_or(PROGRAM_TIMEOUT, |limit| limit.0)
    }

    /// The listener of flagpole's own server; `None` with an external server.
    pub(crate) fn listener(&self) -> Result<Option<Listener>> {
        if self.url.is_some() {
            return Ok(None);
        }
        let listener = match (&self.server, &self.profile) {
            (Some(listener), _) => listener.clone(),
            (None, name) => profile_options::only_listener(name.as_deref().unwrap_or("clean"))?,
        };
        listener
            .check()
            .map_err(|error| anyhow!("server: {error}"))?;
        Ok(Some(listener))
    }

    /// The latencies of the grid; a single `None`, for the latency of the server itself, if the grid has none.
    pub(crate) fn latencies(&self) -> Vec<Option<Latency>> {
        if self.grid.latency.is_empty() {
            return vec![None];
        }
        self.grid.latency.iter().cloned().map(Some).collect()
    }

    /// The concurrencies of the grid; by default one per download, at most 30.
    pub(crate) fn concurrencies(&self) -> Vec<Concurrency> {
        if self.grid.concurrency.is_empty() {
            let downloads = self.list_length().saturating_mul(self.times.get());
            let default = Concurrency::new(downloads.min(DEFAULT_CONCURRENCY));
            return vec![default.expect("1 to 30 are allowed")];
        }
        self.grid.concurrency.clone()
    }
}

fn only_hyper<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    match names.iter().find(|name| *name != "hyper") {
        None => Ok(names),
        Some(other) => Err(de::Error::custom(format!(
            "the transport `{other}` no longer exists: remove `transports`"
        ))),
    }
}

fn once() -> NonZeroUsize {
    NonZeroUsize::MIN
}

fn rounds() -> NonZeroUsize {
    ROUNDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_has_line_column_and_key() {
        for (text, start) in [
            (
                "sed = 1",
                "x.toml:1:1: sed: unknown key `sed`; did you mean `seed`?",
            ),
            (
                "[grid]\n  lanes = [1]",
                "x.toml:2:3: grid.lanes: unknown key `lanes`; known: ",
            ),
            (
                "[grid]\nstrategies = ['async', 'fast']",
                "x.toml:2:24: grid.strategies[1]: unknown strategy `fast`; known: ",
            ),
            ("rounds = 0", "x.toml:1:10: rounds: "),
            (
                "[policy]\nretris = 3",
                "x.toml:2:1: policy.retris: unknown key `retris`; did you mean `retries`?",
            ),
            ("fail_if = ['fast']", "x.toml:1:12: fail_if[0]: "),
        ] {
            let error = Experiment::parse(text, "x.toml").err().unwrap();
            assert!(error.to_string().starts_with(start), "{error}");
        }
    }

    #[test]
    fn old_name_of_grid_concurrency_is_accepted() {
        let experiment = Experiment::parse("[grid]\nmax_req = [5]", "x.toml").unwrap();
        assert_eq!(
            toml::to_string(&experiment.grid).unwrap(),
            "concurrency = [5]\n"
        );
    }
}
