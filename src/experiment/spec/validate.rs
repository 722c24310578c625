//! Rejects experiments that cannot be measured.

use super::experiment::{Experiment, Grid};
use crate::options::text_or_number::TextOrNumber;
use anyhow::{Result, anyhow, bail};
use flagpole_server::FaultSpec;
use flagpole_server::config::listener::Listener;
use std::collections::BTreeSet;
use std::fmt::Display;

impl Experiment {
    /// Checks everything that can be checked before the first trial.
    pub(crate) fn check(&self) -> Result<()> {
        self.check_server()?;
        let variants = self.strategy_variants()?;
        self.check_size(variants.len())?;
        self.check_grid()?;
        let mut names: Vec<_> = variants.iter().map(|one| one.name.as_str()).collect();
        names.sort_unstable();
        for TextOrNumber(threshold) in &self.fail_if {
            threshold
                .check_names(&names)
                .map_err(|error| anyhow!("--fail-if: {error}"))?;
        }
        let has_endless_fault = self.listener()?.as_ref().is_some_and(has_endless_fault);
        for variant in &variants {
            let has_timeout = variant.policy()?.timeouts.total.is_some();
            if has_endless_fault && !has_timeout {
                bail!("--fault: `hang` without `for=` never ends; set `--timeout`");
            }
        }
        Ok(())
    }

    fn check_server(&self) -> Result<()> {
        let servers = [
            self.profile.is_some(),
            self.server.is_some(),
            self.url.is_some(),
        ];
        if servers.into_iter().filter(|is_given| *is_given).count() > 1 {
            bail!("expected only one of `profile`, `server` and `url`");
        }
        if self.url.is_some() && !self.grid.latency.is_empty() {
            bail!("grid.latency needs flagpole's own server; remove `url` or `latency`");
        }
        Ok(())
    }

    /// Rejects duplicates, whose results could not be distinguished.
    fn check_grid(&self) -> Result<()> {
        let Grid {
            latency,
            concurrency,
            strategies,
            transports: _,
        } = &self.grid;
        if let Some(name) = duplicate(strategies) {
            bail!(
                "--strategy: duplicate `{name}`; to compare it with itself, use an experiment file with two empty \
                 `[policies.NAME]` tables"
            );
        }
        let duplicates = [
            ("latency", duplicate(latency)),
            ("concurrency", duplicate(concurrency)),
        ];
        for (option, duplicate) in duplicates {
            if let Some(value) = duplicate {
                bail!("--{option}: duplicate `{value}`");
            }
        }
        Ok(())
    }
}

/// The first value that has occurred before.
fn duplicate<T: Display>(values: &[TextOrNumber<T>]) -> Option<String> {
    let mut seen = BTreeSet::new();
    let mut texts = values.iter().map(|value| value.0.to_string());
    texts.find(|text| !seen.insert(text.clone()))
}

fn has_endless_fault(listener: &Listener) -> bool {
    let rules = listener.rules.iter().flat_map(|rule| &rule.faults);
    listener
        .faults
        .iter()
        .chain(rules)
        .any(FaultSpec::is_endless)
}
