//! How large an experiment is: what is too much, and how long it may take.

use crate::experiment::spec::experiment::Experiment;
use crate::experiment::spec::strategy_variant::StrategyVariant;
use crate::process::trial_job::Files;
use anyhow::{Result, bail};
use flagpole_client::Concurrency;
use flagpole_server::Latency;
use flagpole_server::config::listener::Listener;
use std::time::Duration;

/// Downloads of one run: every attempt of it is kept.
const DOWNLOADS: usize = 100_000;

/// Runs in all: each is a process.
const RUNS: usize = 100_000;

/// To start a process, and to end it.
const PROCESS: Duration = Duration::from_millis(30);

/// A download that is not delayed.
const DOWNLOAD: Duration = Duration::from_micros(100);

impl Experiment {
    /// How many requests a run makes, if nothing fails.
    pub(crate) fn downloads(&self) -> usize {
        let each = match self.files {
            Files::Flags => 1,
            Files::Metadata | Files::Both => 2,
        };
        let flags = self.flags.0.codes().len();
        flags.saturating_mul(self.times.get()).saturating_mul(each)
    }

    /// Refuses what would take all memory, or for ever.
    pub(crate) fn check_size(&self, contenders: usize) -> Result<()> {
        let downloads = self.downloads();
        if downloads > DOWNLOADS {
            bail!("--times: a run is of at most {DOWNLOADS} downloads, and this is of {downloads}");
        }
        let cells = self.latencies().len() * self.lanes().len();
        let runs = self.rounds.get().saturating_add(1);
        let runs = runs.saturating_mul(cells.saturating_mul(contenders));
        if runs > RUNS {
            bail!(
                "{cells} sets of conditions, {contenders} strategies and {} rounds are {runs} runs, and at \
                 most {RUNS} are made",
                self.rounds
            );
        }
        Ok(())
    }

    /// About how long a run takes, if nothing fails.
    pub(crate) fn foreseen(
        &self,
        contender: &StrategyVariant,
        lanes: Concurrency,
        server: Option<&Listener>,
    ) -> Result<Duration> {
        let limit = contender.policy()?.timeouts.whole.unwrap_or(Duration::MAX);
        let lanes = contender.strategy.concurrency(lanes).get();
        let downloads = self.downloads();
        let turns = u32::try_from(downloads.div_ceil(lanes)).unwrap_or(u32::MAX);
        let delay = server.map_or(Duration::ZERO, |server| usual(&server.latency));
        let delay = delay.min(limit).saturating_mul(turns);
        let each = u32::try_from(downloads).unwrap_or(u32::MAX);
        let rest = PROCESS.saturating_add(DOWNLOAD.saturating_mul(each));
        Ok(delay.saturating_add(rest))
    }
}

/// The mean of its deciles: a long tail counts for little, as it does in a run.
fn usual(latency: &Latency) -> Duration {
    let deciles = (1..10).map(|decile| latency.delay(u64::MAX / 10 * decile));
    let sum = deciles.fold(Duration::ZERO, Duration::saturating_add);
    sum / 9
}

#[cfg(test)]
mod tests {
    use super::*;

    fn experiment(text: &str) -> Experiment {
        Experiment::read(text, "x.toml").unwrap()
    }

    fn refused(text: &str) -> String {
        experiment(text).check().unwrap_err().to_string()
    }

    #[test]
    fn what_can_not_be_measured_is_refused_however_large() {
        let downloads = "--times: a run is of at most 100000 downloads, and this is of ";
        let told = refused("flags = 'all'\ntimes = 402");
        assert_eq!(told, format!("{downloads}100098"));
        let told = refused("files = 'both'\ntimes = 9223372036854775807");
        assert_eq!(told, format!("{downloads}{}", usize::MAX));
        assert_eq!(
            refused("rounds = 9999\n[grid]\nmax_req = [1, 2, 3, 4]"),
            "4 sets of conditions, 3 strategies and 9999 rounds are 120000 runs, and at most 100000 are made"
        );
        experiment("flags = 'all'\ntimes = 401").check().unwrap();
    }

    #[test]
    fn a_run_takes_as_long_as_its_turns() {
        let seconds = |latency: &str, policy: &str| {
            let grid = "[grid]\nstrategies = ['sequential', 'async']\n";
            let experiment = experiment(&format!("{grid}{policy}"));
            let contenders = experiment.contenders().unwrap();
            let lanes = Concurrency::new(5).unwrap();
            let server = Listener {
                latency: latency.parse().unwrap(),
                ..Listener::default()
            };
            let of = |contender| {
                experiment
                    .foreseen(contender, lanes, Some(&server))
                    .unwrap()
            };
            let times = contenders.iter().map(of);
            times.map(|time| time.as_secs()).collect::<Vec<_>>()
        };
        assert_eq!(seconds("1s", ""), [20, 4]);
        assert_eq!(seconds("uniform:0..2s", ""), [20, 4]);
        assert_eq!(seconds("1h", "[policy]\ntimeout = '500ms'"), [10, 2]);
        assert_eq!(seconds("0", ""), [0, 0]);
    }
}
