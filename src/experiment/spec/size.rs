//! The size of an experiment, and its limits.

use super::experiment::Experiment;
use crate::process::trial_job::Files;
use anyhow::{Result, bail};

/// The maximum number of downloads of a run: the records of all its attempts are held in memory.
const MAX_DOWNLOADS: usize = 100_000;

/// The maximum number of runs, each of which is a process.
const MAX_RUNS: usize = 100_000;

impl Experiment {
    /// The number of requests of a run without failures.
    pub(crate) fn downloads(&self) -> usize {
        let files = match self.files {
            Files::Flags | Files::Metadata => 1,
            Files::Both | Files::FlagThenMetadata => 2,
        };
        let flags = self.flags.0.codes().len();
        flags.saturating_mul(self.times.get()).saturating_mul(files)
    }

    /// Rejects an experiment that needs too much memory or time. `strategies` is the number of strategy variants.
    pub(crate) fn check_size(&self, strategies: usize) -> Result<()> {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<()> {
        Experiment::parse(text, "x.toml").unwrap().check()
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
}
