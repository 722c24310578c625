//! Estimates how long trials take, for the progress display.

use super::conditions::CellConditions;
use super::progress::ProgressStep;
use crate::experiment::spec::strategy_variant::StrategyVariant;
use anyhow::Result;
use flagpole_server::Latency;
use flagpole_server::config::listener::Listener;
use std::time::Duration;

/// The time to start and end a trial process.
const PROCESS: Duration = Duration::from_millis(30);

/// The time of a download without a delay.
const DOWNLOAD: Duration = Duration::from_micros(100);

/// The progress steps of a cell, one per strategy.
pub(crate) fn progress_steps(conditions: &CellConditions<'_>) -> Result<Vec<ProgressStep>> {
    let listener = conditions.listener()?;
    let rounds = conditions.experiment.rounds.get() + 1;
    let variants = conditions.variants.iter();
    let steps = variants.map(|variant| {
        let estimate = trial_time(conditions, variant, listener.as_ref())?;
        Ok(ProgressStep::new(rounds, estimate))
    });
    steps.collect()
}

/// The time of a trial without failures.
fn trial_time(
    conditions: &CellConditions<'_>,
    variant: &StrategyVariant,
    listener: Option<&Listener>,
) -> Result<Duration> {
    let timeout = variant.policy()?.timeouts.total.unwrap_or(Duration::MAX);
    let concurrency = variant.strategy.concurrency(conditions.concurrency).get();
    let downloads = conditions.experiment.downloads();
    let batches = u32::try_from(downloads.div_ceil(concurrency)).unwrap_or(u32::MAX);
    let delay = listener.map_or(Duration::ZERO, |listener| typical_delay(&listener.latency));
    let delays = delay.min(timeout).saturating_mul(batches);
    let downloads = u32::try_from(downloads).unwrap_or(u32::MAX);
    let rest = PROCESS.saturating_add(DOWNLOAD.saturating_mul(downloads));
    Ok(delays.saturating_add(rest))
}

/// The mean of the nine deciles. Unlike the mean of all delays, it is hardly affected by a long tail.
fn typical_delay(latency: &Latency) -> Duration {
    let deciles = (1..10).map(|decile| latency.delay(u64::MAX / 10 * decile));
    let sum = deciles.fold(Duration::ZERO, Duration::saturating_add);
    sum / 9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::spec::experiment::Experiment;
    use flagpole_client::Concurrency;

    fn seconds(latency: &str, policy: &str) -> Vec<u64> {
        let grid = "[grid]\nstrategies = ['sequential', 'async']\n";
        let server = format!("[server]\nlatency = '{latency}'\n");
        let text = format!("{grid}{policy}{server}");
        let experiment = Experiment::parse(&text, "x.toml").unwrap();
        let conditions = CellConditions {
            experiment: &experiment,
            variants: &experiment.strategy_variants().unwrap(),
            latency: None,
            concurrency: Concurrency::new(5).unwrap(),
            shows_concurrency: false,
            first_step: 0,
            overhead_error: None,
        };
        let listener = conditions.listener().unwrap();
        let times = conditions.variants.iter().map(|variant| {
            let time = trial_time(&conditions, variant, listener.as_ref());
            time.unwrap().as_secs()
        });
        times.collect()
    }

    #[test]
    fn trial_takes_the_delays_of_its_batches() {
        assert_eq!(seconds("1s", ""), [20, 4]);
        assert_eq!(seconds("uniform:0..2s", ""), [20, 4]);
        assert_eq!(seconds("1h", "[policy]\ntimeout = '500ms'\n"), [10, 2]);
        assert_eq!(seconds("0", ""), [0, 0]);
    }
}
