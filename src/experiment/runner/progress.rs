//! The progress of a comparison on a terminal. Written between trials only, so that it does not disturb them.

use super::conditions::CellConditions;
use crate::experiment::spec::strategy_variant::StrategyVariant;
use anyhow::Result;
use flagpole_server::Latency;
use flagpole_server::config::listener::Listener;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// The time to start and end a trial process.
const PROCESS: Duration = Duration::from_millis(30);

/// The time of a download without a delay.
const DOWNLOAD: Duration = Duration::from_micros(100);

/// The estimated time from which a comparison is announced.
const LONG: Duration = Duration::from_secs(600);

/// One line, as wide as the terminal; nothing without a terminal.
pub(crate) struct Progress {
    line: ProgressBar,
    steps: Vec<ProgressStep>,
    /// The step of the current trial, and its start.
    current: Option<(usize, Instant)>,
}

/// The trials of one strategy in one cell.
pub(crate) struct ProgressStep {
    trials: u32,
    /// The estimated time of a trial.
    estimate: Duration,
    done: u32,
    elapsed: Duration,
}

impl ProgressStep {
    pub(crate) fn new(trials: usize, estimate: Duration) -> ProgressStep {
        ProgressStep {
            trials: u32::try_from(trials).unwrap_or(u32::MAX),
            estimate,
            done: 0,
            elapsed: Duration::ZERO,
        }
    }

    fn remaining(&self) -> u32 {
        self.trials.saturating_sub(self.done)
    }
}

impl Progress {
    pub(crate) fn new(steps: Vec<ProgressStep>) -> Progress {
        let style = ProgressStyle::with_template("{wide_msg}");
        let style = style.expect("the template is well formed");
        Progress {
            line: ProgressBar::new_spinner().with_style(style),
            steps,
            current: None,
        }
    }

    /// The estimated time of all trials.
    pub(crate) fn estimate(&self) -> Duration {
        let times = self.steps.iter();
        let times = times.map(|step| step.estimate.saturating_mul(step.trials));
        times.fold(Duration::ZERO, Duration::saturating_add)
    }

    /// The number of runs and the estimated time, if it is long.
    pub(crate) fn announcement(&self) -> Option<String> {
        let runs = self.steps.iter().map(|step| step.trials).sum();
        announcement(runs, self.estimate())
    }

    /// Shows a text on the line.
    pub(crate) fn show(&self, text: String) {
        self.line.set_message(text);
    }

    /// Ends the current trial and shows the next one, which belongs to this step.
    pub(crate) fn next_trial(&mut self, step: usize, what: &str) {
        self.end_trial();
        let done: u32 = self.steps.iter().map(|step| step.done).sum();
        let trials: u32 = self.steps.iter().map(|step| step.trials).sum();
        let remaining = remaining(&self.steps).map(describe);
        let remaining = remaining.map_or(String::new(), |time| format!(", {time}"));
        self.show(format!("{} of {trials}{remaining}: {what}", done + 1));
        self.current = Some((step, Instant::now()));
    }

    /// Removes the line.
    pub(crate) fn clear(&self) {
        self.line.finish_and_clear();
    }

    fn end_trial(&mut self) {
        let Some((step, start)) = self.current.take() else {
            return;
        };
        if let Some(step) = self.steps.get_mut(step) {
            step.done += 1;
            step.elapsed += start.elapsed();
        }
    }
}

/// The remaining time; `None` before the first trial has ended. Each remaining trial of a step takes the mean time of
/// the trials so far of that step. Without any, it takes its estimated time plus the mean error of the estimates so
/// far.
fn remaining(steps: &[ProgressStep]) -> Option<Duration> {
    let seconds = |time: Duration, trials: u32| time.as_secs_f64() * f64::from(trials);
    let done: u32 = steps.iter().map(|step| step.done).sum();
    if done == 0 {
        return None;
    }
    let elapsed: f64 = steps.iter().map(|step| seconds(step.elapsed, 1)).sum();
    let estimates = steps.iter().map(|step| seconds(step.estimate, step.done));
    let error = (elapsed - estimates.sum::<f64>()) / f64::from(done);
    let trial = |step: &ProgressStep| match step.done {
        0 => (seconds(step.estimate, 1) + error).max(0.0),
        done => seconds(step.elapsed, 1) / f64::from(done),
    };
    let times = steps
        .iter()
        .map(|step| trial(step) * f64::from(step.remaining()));
    Duration::try_from_secs_f64(times.sum()).ok()
}

fn announcement(runs: u32, time: Duration) -> Option<String> {
    let minutes = time.as_secs() / 60;
    (time >= LONG).then(|| format!("{runs} runs, about {minutes} minutes"))
}

fn describe(remaining: Duration) -> String {
    match remaining.as_secs() {
        seconds if seconds < 100 => format!("{seconds} s left"),
        seconds => format!("{} min left", seconds / 60),
    }
}

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

    const SECOND: Duration = Duration::from_secs(1);

    fn step(done: u32, elapsed: u32, estimate: u32) -> ProgressStep {
        ProgressStep {
            done,
            elapsed: elapsed * SECOND,
            ..ProgressStep::new(10, estimate * SECOND)
        }
    }

    #[test]
    fn step_continues_as_its_trials_so_far() {
        assert_eq!(remaining(&[step(0, 0, 1)]), None, "no trial has ended");
        assert_eq!(remaining(&[step(4, 12, 1)]), Some(18 * SECOND));
        assert_eq!(remaining(&[step(10, 12, 1)]), Some(Duration::ZERO));
    }

    #[test]
    fn step_without_trials_takes_its_corrected_estimate() {
        // Ten trials of 2 s, estimated as 1 s, and ten that are estimated as 10 s each.
        let steps = [step(10, 20, 1), step(0, 0, 10)];
        assert_eq!(remaining(&steps), Some(110 * SECOND));
        let steps = [step(10, 20, 50), step(0, 0, 10)];
        assert_eq!(remaining(&steps), Some(Duration::ZERO), "never negative");
        let steps = [step(10, 20, 1), step(1, 9, 10)];
        assert_eq!(remaining(&steps), Some(81 * SECOND), "as measured");
    }

    #[test]
    fn only_long_comparisons_are_announced() {
        assert_eq!(announcement(60, 599 * SECOND), None);
        let text = announcement(1200, 1800 * SECOND);
        assert_eq!(text.as_deref(), Some("1200 runs, about 30 minutes"));
    }

    #[test]
    fn long_remaining_time_is_in_minutes() {
        assert_eq!(describe(99 * SECOND), "99 s left");
        assert_eq!(describe(185 * SECOND), "3 min left");
    }

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
