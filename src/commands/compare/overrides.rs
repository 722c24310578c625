//! The experiment that `compare` runs: a named one, or the default, with what the options replace in it.

#[cfg(test)]
mod tests;

use super::args::CompareArgs;
use crate::experiment::spec::experiment::Experiment;
use crate::experiment::spec::program::NamedProgram;
use crate::experiment::spec::strategy_variant::StrategyVariant;
use crate::options::built_in::PROFILES;
use crate::options::names::{self, StrategyName};
use crate::options::path_list;
use crate::options::policy::PolicyOptions;
use crate::options::value_parsers::Seed;
use anyhow::{Context as _, Error, Result, anyhow, bail};
use flagpole_server::{Latency, config::listener::Listener};

impl CompareArgs {
    /// The named experiment, or the default, with the options that are given.
    pub(super) fn experiment(&self) -> Result<Experiment> {
        let mut experiment = match &self.experiment {
            Some(name) => Experiment::load(name)?,
            // The defaults are those of an empty file.
            None => Experiment::parse("", "")?,
        };
        let replaced = self.replace(&mut experiment);
        replaced.map_err(|error| self.name_cause(error))?;
        Ok(experiment)
    }

    fn replace(&self, experiment: &mut Experiment) -> Result<()> {
        self.replace_server(experiment)?;
        self.replace_latency(experiment)?;
        let strategies = self.strategy.iter().flat_map(|list| &list.0);
        let strategies: Vec<_> = strategies.map(|one| StrategyName(*one)).collect();
        replace_list(&mut experiment.grid.strategies, strategies);
        self.add_programs(experiment)?;
        replace_list(&mut experiment.grid.concurrency, self.concurrency.clone());
        replace_value(&mut experiment.transport, self.transport);
        replace_value(&mut experiment.rounds, self.rounds);
        self.replace_downloads(experiment)?;
        replace_value(&mut experiment.times, self.times);
        self.replace_policy(experiment)?;
        if self.measure_overhead {
            experiment.measure_overhead = Some(true);
        }
        if self.reference.is_some() {
            experiment.reference.clone_from(&self.reference);
        }
        experiment.fail_if.extend(self.fail_if.iter().cloned());
        Ok(())
    }

    /// Adds the programs of the command line to those of the experiment.
    fn add_programs(&self, experiment: &mut Experiment) -> Result<()> {
        let defaults = StrategyVariant::defaults();
        // The strategies of an experiment stay, also those that it does not name.
        let has_defaults = experiment.programs.is_empty() && experiment.grid.strategies.is_empty();
        if self.experiment.is_some() && has_defaults && !self.command.is_empty() {
            experiment.grid.strategies = defaults.map(StrategyName).collect();
        }
        for NamedProgram { name, program } in &self.command {
            let program = program.clone();
            if experiment.programs.insert(name.clone(), program).is_some() {
                bail!("--command: duplicate name `{name}`; choose another one");
            }
        }
        if self.port.is_some() {
            experiment.port = self.port;
        }
        if self.command_timeout.is_some() {
            experiment.program_timeout = self.command_timeout;
        }
        Ok(())
    }

    /// Replaces the flags by the paths of a file, or the paths by flags.
    fn replace_downloads(&self, experiment: &mut Experiment) -> Result<()> {
        let (flags, files) = (self.flags, self.files);
        if let Some(file) = &self.urls {
            let url = experiment.url.as_ref();
            let url = url.context("--urls: needs `--url`, the server to download from")?;
            let target = url.parse().map_err(|error| anyhow!("--url: {error}"))?;
            experiment.urls = Some(path_list::read(file, &target)?);
            (experiment.flags, experiment.files) = (None, None);
        } else if flags.is_some() || files.is_some() {
            experiment.urls = None;
            experiment.flags = Some(flags.or(experiment.flags).unwrap_or_default());
            experiment.files = Some(files.or(experiment.files).unwrap_or_default());
        }
        Ok(())
    }

    /// Merges the policy options over the common policy. Fails if an option would have no effect.
    fn replace_policy(&self, experiment: &mut Experiment) -> Result<()> {
        let mut given = self.policy.clone();
        if self.retry_stale {
            given.set_retry_stale();
        }
        let policies = experiment.policies.values().map(PolicyOptions::table);
        let policies: Vec<_> = policies.collect();
        for key in given.table().keys() {
            if !policies.is_empty() && policies.iter().all(|policy| policy.contains_key(key)) {
                let option = key.replace('_', "-");
                bail!("--{option}: every policy of the experiment has its own `{key}`");
            }
        }
        experiment.policy = given.merged_over(&experiment.policy)?;
        Ok(())
    }

    /// Replaces the server by `--url` or a profile, or changes it.
    fn replace_server(&self, experiment: &mut Experiment) -> Result<()> {
        let is_default = self.experiment.is_none();
        if let Some(url) = &self.url {
            experiment.url = Some(url.to_string());
            (experiment.profile, experiment.server) = (None, None);
            experiment.grid.latency.clear();
        } else if is_default || self.server.names_profile() {
            let (seed, listener) = self.profile()?;
            experiment.url = None;
            set_listener(experiment, listener);
            experiment.grid.latency.clear();
            // An experiment has its own seed, which the `profile` in its file does not replace either.
            if is_default {
                experiment.seed = Seed(seed);
            }
        } else if let Some(option) = self.server.first_change() {
            let mut listener = own_listener(experiment, option)?;
            self.server.change_only(&mut listener)?;
            set_listener(experiment, listener);
        }
        // So that what is saved is complete.
        let mut names_file = experiment.profile.iter();
        if names_file.any(|name| !PROFILES.contains(name)) {
            let listener = own_listener(experiment, "--profile")?;
            set_listener(experiment, listener);
        }
        replace_value(&mut experiment.seed, self.server.seed);
        Ok(())
    }

    /// The seed and the only listener of the named profile, by default of `clean`.
    fn profile(&self) -> Result<(u64, Listener)> {
        let mut profile = self.server.effective_profile("clean", &[])?;
        if profile.listeners.len() > 1 {
            let names = profile.listeners.iter().flat_map(|one| &one.name);
            let names = names.map(String::as_str).collect::<Vec<_>>().join(", ");
            bail!("--profile: expected one listener, got {names}; choose one with `--listener`");
        }
        let listener = profile.listeners.pop();
        Ok((profile.seed, listener.unwrap_or_default()))
    }

    /// Replaces the latencies of the grid. A single latency becomes that of the server.
    fn replace_latency(&self, experiment: &mut Experiment) -> Result<()> {
        let latencies = self.latency.iter().flat_map(|list| list.0.clone());
        let mut latencies: Vec<Latency> = latencies.collect();
        let has_default = self.experiment.is_none() && experiment.url.is_none();
        if latencies.is_empty() && has_default && !self.server.names_profile() {
            latencies.push("50ms".parse().expect("50ms is a latency"));
        }
        if latencies.is_empty() {
            return Ok(());
        }
        let mut listener = own_listener(experiment, "--latency")?;
        if let [only] = latencies.as_slice() {
            listener.latency = only.clone();
            set_listener(experiment, listener);
            latencies.clear();
        }
        experiment.grid.latency = latencies;
        Ok(())
    }

    /// The error, which begins with the option or key that caused it. If the value is from the experiment, it is named
    /// as in the file: `fail_if` instead of `--fail-if`.
    pub(super) fn name_cause(&self, error: Error) -> Error {
        let text = format!("{error:#}");
        let option = text.split(':').next().unwrap_or_default();
        let mut typed_thresholds = self.fail_if.iter();
        let is_typed = match option {
            "--fail-if" => typed_thresholds.any(|one| text.contains(&format!("`{one}`"))),
            option => self.typed.contains(option),
        };
        let Some(file) = self.experiment.as_ref().filter(|_| !is_typed) else {
            return error;
        };
        let lacks_strategy = text.contains("unknown strategy") && self.typed.contains("--strategy");
        let end = if lacks_strategy {
            "; `--strategy` replaced the others"
        } else {
            ""
        };
        anyhow!("{file}: {}{end}", names::with_keys(&text))
    }
}

/// The listener of flagpole's own server, which `option` changes.
fn own_listener(experiment: &Experiment, option: &str) -> Result<Listener> {
    let listener = experiment.listener()?;
    listener.ok_or_else(|| {
        anyhow!(
            "{option}: needs flagpole's own server, but the experiment has a `url`; add `--profile`"
        )
    })
}

fn set_listener(experiment: &mut Experiment, mut listener: Listener) {
    listener.port = None;
    experiment.profile = None;
    experiment.server = Some(listener);
}

fn replace_value<T: Copy>(value: &mut T, given: Option<T>) {
    *value = given.unwrap_or(*value);
}

fn replace_list<T>(list: &mut Vec<T>, given: Vec<T>) {
    if !given.is_empty() {
        *list = given;
    }
}
