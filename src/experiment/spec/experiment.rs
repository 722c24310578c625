//! An experiment: all that a comparison is made of, as plain data that goes to a file and comes back.

use crate::options::policy_config::PolicyConfig;
use crate::options::profile;
use crate::options::selection::Flags;
use crate::options::text_or_number::Spelled;
use crate::options::value_parsers;
use crate::process::trial_job::Files;
use anyhow::{Result, anyhow, bail};
use flagpole_analysis::comparison::threshold::Threshold;
use flagpole_client::{Concurrency, Strategy, Transport};
use flagpole_server::config::listener::Listener;
use flagpole_server::config::profile::place;
use flagpole_server::{FaultSpec, Latency};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

/// So many rounds unless told otherwise: 20 tell a difference of about a standard deviation.
pub(crate) const ROUNDS: NonZeroUsize = NonZeroUsize::new(20).expect("20 is not 0");

/// The most requests at once if nobody says how many: the book's number of threads.
const LANES: usize = 30;

/// An experiment.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Experiment {
    /// What it shows, in a line or two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) about: Option<String>,
    /// Delays, faults and the order of the rounds are drawn from this.
    #[serde(default)]
    pub(crate) seed: Spelled<Seed>,
    /// How many flags, the most populous countries first.
    #[serde(default)]
    pub(crate) flags: Spelled<Flags>,
    /// How often each of them.
    #[serde(default = "once")]
    pub(crate) times: NonZeroUsize,
    /// What is fetched of each country.
    #[serde(default)]
    pub(crate) files: Files,
    /// How often each contender runs, without the round for warming up.
    #[serde(default = "rounds")]
    pub(crate) rounds: NonZeroUsize,
    /// The server's profile, one that is built in or a file: its one listener.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) profile: Option<String>,
    /// The server of somebody else, in place of one of our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    /// Figures that must not be crossed: `async.efficiency < 0.9`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) fail_if: Vec<Spelled<Threshold>>,
    /// What is run, and under which conditions.
    #[serde(default)]
    pub(crate) grid: Grid,
    /// The policy of all contenders.
    #[serde(default, skip_serializing_if = "PolicyConfig::is_empty")]
    pub(crate) policy: PolicyConfig,
    /// Policies to be compared, by name: each strategy runs under each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) policies: BTreeMap<String, PolicyConfig>,
    /// The server, in place of a profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<Listener>,
}

/// Each latency with each number of lanes is a set of conditions; each strategy with each transport is a
/// contender.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grid {
    /// In place of the server's own latency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) latency: Vec<Spelled<Latency>>,
    /// The most requests at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) max_req: Vec<Spelled<Concurrency>>,
    /// The strategies, in the order in which they are shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) strategies: Vec<Spelled<StrategyName>>,
    /// The transports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) transports: Vec<Spelled<TransportName>>,
}

/// A strategy by its name.
#[derive(Clone, Copy)]
pub(crate) struct StrategyName(pub(crate) &'static dyn Strategy);

/// A transport by its name.
#[derive(Clone, Copy)]
pub(crate) struct TransportName(pub(crate) &'static dyn Transport);

/// A seed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Seed(pub(crate) u64);

impl Experiment {
    /// The experiment in a text that was read from somewhere.
    pub(crate) fn read(text: &str, from: &str) -> Result<Experiment> {
        toml::from_str(text).map_err(|error| {
            let at = place(text, error.span().map_or(0, |span| span.start));
            let reason = error.message().trim_end().replace('\n', "; ");
            anyhow!("{from}:{at}: {reason}")
        })
    }

    /// Refuses what can not be measured.
    pub(crate) fn check(&self) -> Result<()> {
        let servers = [
            self.profile.is_some(),
            self.server.is_some(),
            self.url.is_some(),
        ];
        if servers.into_iter().filter(|is_there| *is_there).count() > 1 {
            bail!("expected one of `profile`, `server` and `url`");
        }
        if self.url.is_some() && !self.grid.latency.is_empty() {
            bail!("the latency of a server at a `url` can not be chosen");
        }
        let contenders = self.contenders()?;
        self.check_size(contenders.len())?;
        self.check_grid()?;
        let mut names: Vec<_> = contenders.iter().map(|one| one.name.as_str()).collect();
        names.sort_unstable();
        for threshold in &self.fail_if {
            let threshold = &threshold.0;
            threshold
                .refers_to(&names)
                .map_err(|error| anyhow!("--fail-if: {error}"))?;
        }
        let is_endless = self.listener()?.as_ref().is_some_and(is_endless);
        for contender in &contenders {
            let policy = contender.policy()?;
            if policy.timeouts.whole.is_none() && is_endless {
                bail!("--fault: `hang` without `for=` lasts for ever; give a `--timeout`");
            }
        }
        Ok(())
    }

    /// Refuses what stands in the grid twice: nobody could tell the one from the other.
    fn check_grid(&self) -> Result<()> {
        let Grid {
            latency,
            max_req,
            strategies,
            transports,
        } = &self.grid;
        if let Some(twice) = twice(strategies) {
            bail!(
                "--strategy: `{twice}` is named twice; to compare it with itself, give a file two `[policies]` \
                 that say nothing"
            );
        }
        let others = [
            ("latency", twice(latency)),
            ("max-req", twice(max_req)),
            ("transport", twice(transports)),
        ];
        match others
            .into_iter()
            .find_map(|(of, twice)| Some((of, twice?)))
        {
            Some((of, twice)) => bail!("--{of}: `{twice}` is named twice"),
            None => Ok(()),
        }
    }

    /// What the server does, if it is ours.
    pub(crate) fn listener(&self) -> Result<Option<Listener>> {
        if self.url.is_some() {
            return Ok(None);
        }
        let listener = match (&self.server, &self.profile) {
            (Some(listener), _) => listener.clone(),
            (None, name) => {
                let name = name.as_deref().unwrap_or("clean");
                let mut profile = profile::named(name)?;
                match (profile.listeners.pop(), profile.listeners.is_empty()) {
                    (Some(listener), true) => listener,
                    _ => bail!("--profile: expected a profile of one listener, got `{name}`"),
                }
            }
        };
        listener
            .check()
            .map_err(|error| anyhow!("server: {error}"))?;
        Ok(Some(listener))
    }

    /// The latencies of the grid, each of which takes the place of the server's own; that alone if there
    /// are none.
    pub(crate) fn latencies(&self) -> Vec<Option<Latency>> {
        let latencies = self.grid.latency.iter();
        let latencies: Vec<_> = latencies.map(|latency| Some(latency.0.clone())).collect();
        if latencies.is_empty() {
            vec![None]
        } else {
            latencies
        }
    }

    /// The numbers of lanes.
    pub(crate) fn lanes(&self) -> Vec<Concurrency> {
        if self.grid.max_req.is_empty() {
            let downloads = self.flags.0.codes().len().saturating_mul(self.times.get());
            return vec![Concurrency::new(downloads.min(LANES)).expect("1 to 30 are allowed")];
        }
        self.grid.max_req.iter().map(|lanes| lanes.0).collect()
    }
}

/// The first that stands there again, as it is written.
fn twice<T: fmt::Display>(values: &[Spelled<T>]) -> Option<String> {
    let mut seen = BTreeSet::new();
    let mut written = values.iter().map(|value| value.0.to_string());
    written.find(|value| !seen.insert(value.clone()))
}

/// Whether something in it never ends.
fn is_endless(listener: &Listener) -> bool {
    let rules = listener.rules.iter().flat_map(|rule| &rule.faults);
    listener
        .faults
        .iter()
        .chain(rules)
        .any(FaultSpec::is_endless)
}

fn once() -> NonZeroUsize {
    NonZeroUsize::MIN
}

fn rounds() -> NonZeroUsize {
    ROUNDS
}

impl FromStr for Seed {
    type Err = String;

    fn from_str(text: &str) -> Result<Seed, String> {
        value_parsers::seed(text).map(Seed)
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for StrategyName {
    type Err = String;

    fn from_str(text: &str) -> Result<StrategyName, String> {
        value_parsers::named_strategy(text).map(StrategyName)
    }
}

impl fmt::Display for StrategyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl FromStr for TransportName {
    type Err = String;

    fn from_str(text: &str) -> Result<TransportName, String> {
        value_parsers::named_transport(text).map(TransportName)
    }
}

impl fmt::Display for TransportName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}
