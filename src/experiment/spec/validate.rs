//! The size of an experiment, and experiments that cannot be measured.

use super::experiment::Experiment;
use super::strategy_variant::StrategyVariant;
use crate::process::trial_job::Files;
use anyhow::{Result, anyhow, bail};
use flagpole_analysis::comparison::threshold::ThresholdContext;
use flagpole_client::Concurrency;
use flagpole_client::policy::Timeouts;
use flagpole_protocol::SpecError;
use flagpole_server::FaultSpec;
use flagpole_server::config::listener::Listener;
use std::collections::BTreeSet;
use std::fmt::Display;

/// The maximum number of downloads of a run: the records of all its attempts are held in memory.
const MAX_DOWNLOADS: usize = 100_000;

/// The maximum number of runs, each of which is a process.
const MAX_RUNS: usize = 100_000;

impl Experiment {
    /// The number of requests of a run without failures.
    pub(crate) fn downloads(&self) -> usize {
        let files = match self.files {
            None | Some(Files::Flags | Files::Metadata) => 1,
            Some(Files::Both | Files::FlagThenMetadata) => 2,
        };
        let list = self.list_length().saturating_mul(self.times.get());
        list.saturating_mul(files)
    }

    /// Rejects an experiment that needs too much memory or time. `strategies` is the number of strategy variants.
    fn check_size(&self, strategies: usize) -> Result<()> {
        let downloads = self.downloads();
        if downloads > MAX_DOWNLOADS {
            bail!("--times: a run has at most {MAX_DOWNLOADS} downloads, got {downloads}");
        }
        let cells = self.latencies().len() * self.concurrencies().len();
        // The warm-up round included.
        let rounds = self.rounds.get().saturating_add(1);
        let runs = rounds.saturating_mul(cells.saturating_mul(strategies));
        if runs > MAX_RUNS {
            bail!(
                "{cells} combinations of conditions x {strategies} strategies x {rounds} rounds = {runs} runs; the \
                 maximum is {MAX_RUNS}"
            );
        }
        Ok(())
    }

    /// Checks everything that can be checked before the first trial.
    pub(crate) fn check(&self) -> Result<()> {
        self.check_server()?;
        self.check_programs()?;
        let variants = self.strategy_variants()?;
        self.check_size(variants.len())?;
        self.check_grid()?;
        self.check_concurrency(&variants)?;
        let mut names: Vec<_> = variants.iter().map(|one| one.name.as_str()).collect();
        names.sort_unstable();
        if let Some(unknown) = self
            .reference
            .as_deref()
            .filter(|name| !names.contains(name))
        {
            bail!(
                "--reference: {}",
                SpecError::unknown("strategy", unknown, names.iter().copied())
            );
        }
        let context = ThresholdContext {
            strategies: &names,
            rounds: self.rounds.get(),
        };
        for threshold in &self.fail_if {
            let checked = threshold.check(context).map_err(|error| error.to_string());
            checked.map_err(|error| {
                let subject = format!("`{threshold}`");
                let error = error.trim_start_matches(&subject).trim_start_matches(':');
                anyhow!("--fail-if: {subject}: {}", error.trim_start())
            })?;
        }
        for variant in &variants {
            variant.check_transport(self.transport)?;
        }
        let listener = self.listener()?;
        if let Some(key) = listener.as_ref().and_then(windows_of_connections) {
            bail!(
                "{key}: its windows of time count from the start of the server, so that rounds would differ; use \
                 `flagpole serve`"
            );
        }
        // A trial of a program has its own time limit.
        for variant in variants.iter().filter(|one| one.program().is_none()) {
            let policy = variant.policy().map_err(|error| {
                let is_named = !self.policies.is_empty();
                let name = is_named.then(|| format!(" (policy of {})", variant.name));
                anyhow!("{error}{}", name.unwrap_or_default())
            })?;
            if let Some(fault) = listener
                .as_ref()
                .and_then(|it| endless_fault(it, &policy.timeouts))
            {
                let stall = if fault.is_silent() {
                    " or `--stall-timeout`"
                } else {
                    ""
                };
                bail!("--fault: `{fault}` never ends; set `--timeout`{stall}");
            }
        }
        Ok(())
    }

    fn check_server(&self) -> Result<()> {
        let (has_profile, has_server) = (self.profile.is_some(), self.server.is_some());
        if has_profile && has_server || self.url.is_some() && (has_profile || has_server) {
            bail!("expected only one of `profile`, `server` and `url`");
        }
        if self.url.is_some() && !self.grid.latency.is_empty() {
            bail!("grid.latency needs flagpole's own server; remove `url` or `latency`");
        }
        let Some(paths) = &self.urls else {
            return Ok(());
        };
        if self.flags.is_some() || self.files.is_some() {
            bail!("expected only one of `urls` and `flags` or `files`");
        }
        if paths.is_empty() {
            bail!("urls: expected at least one path, got none");
        }
        if self.url.is_none() {
            bail!("urls needs `url`, the server to download from");
        }
        Ok(())
    }

    /// Rejects concurrencies that no strategy can have, and hedging where no strategy can hedge.
    fn check_concurrency(&self, variants: &[StrategyVariant]) -> Result<()> {
        let all = self.concurrencies();
        let is_fixed = |one: &StrategyVariant| {
            let used = all.iter().map(|&limit| one.concurrency(limit));
            used.collect::<BTreeSet<_>>().len() == 1
        };
        if all.len() > 1 && variants.iter().all(is_fixed) {
            let names: Vec<_> = variants.iter().map(|one| one.name.as_str()).collect();
            bail!(
                "--concurrency: several values make no difference to {}",
                names.join(", ")
            );
        }
        let mut hedged = variants.iter().filter(|one| one.policy.hedges()).peekable();
        let can_hedge = |one: &StrategyVariant| {
            let mut used = all.iter().map(|&limit| one.concurrency(limit));
            used.any(|concurrency| concurrency > Concurrency::ONE)
        };
        if hedged.peek().is_some() && !hedged.any(can_hedge) {
            bail!("--hedge: needs a concurrency of at least 2, got 1");
        }
        Ok(())
    }

    /// Rejects duplicates, whose results could not be distinguished.
    fn check_grid(&self) -> Result<()> {
        if let Some(name) = duplicate(&self.grid.strategies) {
            bail!(
                "--strategy: duplicate `{name}`; to compare it with itself, use an experiment file with two empty \
                 `[policies.NAME]` tables"
            );
        }
        for (option, duplicate) in [
            ("latency", duplicate(&self.grid.latency)),
            ("concurrency", duplicate(&self.grid.concurrency)),
        ] {
            if let Some(value) = duplicate {
                bail!("--{option}: duplicate `{value}`");
            }
        }
        Ok(())
    }
}

/// The first value that has occurred before.
fn duplicate<T: Display>(values: &[T]) -> Option<String> {
    let mut seen = BTreeSet::new();
    let mut texts = values.iter().map(ToString::to_string);
    texts.find(|text| !seen.insert(text.clone()))
}

/// The key of a listener that delays or refuses connections only in windows of time.
fn windows_of_connections(listener: &Listener) -> Option<&'static str> {
    let mut delays = listener.accept_delay.iter();
    if delays.any(|delay| !delay.is_constant()) {
        return Some("accept_delay");
    }
    (!listener.refuse.is_empty()).then_some("refuse")
}

/// A fault of responses that end by none of these limits.
fn endless_fault<'l>(listener: &'l Listener, timeouts: &Timeouts) -> Option<&'l FaultSpec> {
    let rules = listener.rules.iter().flat_map(|rule| &rule.faults);
    let mut faults = listener.faults.iter().chain(rules);
    let has_end = |fault: &FaultSpec| {
        timeouts.total.is_some() || timeouts.stall.is_some() && fault.is_silent()
    };
    faults.find(|fault| fault.is_endless() && !has_end(fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<()> {
        Experiment::parse(text, "x.toml").unwrap().check()
    }

    #[test]
    fn connections_that_depend_on_the_time_are_rejected() {
        let error = |key| check(&format!("[server]\n{key}")).map_err(|error| error.to_string());
        let sentence = "its windows of time count from the start of the server, so that rounds would differ; use \
                        `flagpole serve`";
        for key in ["refuse = ['5s..']", "accept_delay = ['1s@5s..8s']"] {
            let (name, _) = key.split_once(' ').unwrap();
            assert_eq!(error(key), Err(format!("{name}: {sentence}")));
        }
        assert_eq!(error("accept_delay = ['1ms']"), Ok(()));
    }

    #[test]
    fn responses_without_end_need_a_limit_that_ends_them() {
        let check = |fault: &str, policy: &str| {
            check(&format!(
                "[server]\nfaults = ['{fault}@1%']\n[policy]\n{policy}"
            ))
            .map_err(|error| error.to_string())
        };
        let error = |text: &str| Err(format!("--fault: {text}"));
        assert_eq!(
            check("hang", ""),
            error("`hang@1%` never ends; set `--timeout` or `--stall-timeout`")
        );
        assert_eq!(
            check("chunked:endless", "stall_timeout = '1s'"),
            error("`chunked:endless@1%` never ends; set `--timeout`")
        );
        for limit in ["timeout = '1s'", "stall_timeout = '1s'"] {
            assert_eq!(check("hang", limit), Ok(()));
        }
        assert_eq!(check("chunked:endless", "timeout = '1s'"), Ok(()));
    }

    #[test]
    fn experiment_that_is_too_large_is_rejected() {
        let error = |text| check(text).unwrap_err().to_string();
        let downloads = "--times: a run has at most 100000 downloads, got ";
        assert_eq!(
            error("flags = 'all'\ntimes = 402"),
            format!("{downloads}100098")
        );
        assert_eq!(
            error("files = 'both'\ntimes = 9223372036854775807"),
            format!("{downloads}{}", usize::MAX)
        );
        assert_eq!(
            error("rounds = 9999\n[grid]\nconcurrency = [1, 2, 3, 4]"),
            "4 combinations of conditions x 3 strategies x 10000 rounds = 120000 runs; the maximum is 100000"
        );
        check("flags = 'all'\ntimes = 401").unwrap();
    }

    #[test]
    fn paths_need_a_server_and_exclude_flags() {
        let error = |text: &str| check(text).unwrap_err().to_string();
        let url = "url = 'http://127.0.0.1:9'\n";
        check(&format!("{url}urls = ['/a', '/b?c']")).unwrap();
        assert_eq!(
            error("urls = ['/a']"),
            "urls needs `url`, the server to download from"
        );
        for other in ["flags = 20", "files = 'flags'"] {
            assert_eq!(
                error(&format!("{url}urls = ['/a']\n{other}")),
                "expected only one of `urls` and `flags` or `files`"
            );
        }
        assert_eq!(
            error(&format!("{url}urls = []")),
            "urls: expected at least one path, got none"
        );
    }

    #[test]
    fn options_without_effect_on_any_strategy_are_rejected() {
        let error = |text: &str| check(text).unwrap_err().to_string();
        let grid = "[grid]\nstrategies = ['sequential', 'async']\nconcurrency =";
        let sequential = grid.replace(", 'async'", "");
        let hedge = "\n[policy]\nhedge = '50ms'";
        assert_eq!(
            error(&format!("{sequential} [5, 10]")),
            "--concurrency: several values make no difference to sequential"
        );
        for text in [
            format!("{sequential} [5] {hedge}"),
            format!("{grid} [1] {hedge}"),
        ] {
            assert_eq!(
                error(&text),
                "--hedge: needs a concurrency of at least 2, got 1"
            );
        }
        check(&format!("{grid} [1, 2] {hedge}")).unwrap();
    }

    #[test]
    fn an_option_may_need_one_of_the_common_policy() {
        let error = |text| check(text).unwrap_err().to_string();
        check("[policy]\nretries = 3\n[policies.slow]\nbackoff = '1s..2s'\n[policies.quick]")
            .unwrap();
        assert_eq!(
            error("[policies.slow]\nbackoff = '1s..2s'"),
            "--backoff: needs --retries (policy of sequential+slow)"
        );
    }
}
