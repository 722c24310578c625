//! The progress of a comparison on a terminal. Written between trials only, so that it does not disturb them.

use super::conditions::CellConditions;
use super::live_comparison::{ComparisonProgress, LiveComparison};
use crate::experiment::spec::strategy_variant::StrategyVariant;
use anyhow::Result;
use flagpole_server::Latency;
use flagpole_server::config::listener::Listener;
use indicatif::{ProgressBar, ProgressStyle};
use std::ops::Range;
use std::time::{Duration, Instant};

/// The time to start and end a trial process, in seconds.
const PROCESS: f64 = 30e-3;

/// The time to start and end a program: that of an interpreter with its libraries.
const PROGRAM: f64 = 200e-3;

/// The time of a download without a delay, in seconds.
const DOWNLOAD: f64 = 100e-6;

/// The estimated time from which a comparison is announced, in seconds.
const LONG: f64 = 600.0;

/// Shows the progress as one line on a terminal, and on the live page if there is one.
pub(crate) struct Progress<'a> {
    line: ProgressBar,
    steps: Vec<ProgressStep>,
    /// The step of the current trial, and its start.
    current: Option<(usize, Instant)>,
    live: Option<LiveComparison<'a>>,
}

/// The trials of one strategy in one cell.
pub(crate) struct ProgressStep {
    trials: usize,
    /// The estimated time of a trial, in seconds.
    estimate: f64,
    done: usize,
    /// The time of the trials that are done, in seconds.
    elapsed: f64,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(steps: Vec<ProgressStep>, live: Option<LiveComparison<'a>>) -> Progress<'a> {
        let style = ProgressStyle::with_template("{wide_msg}");
        let style = style.expect("the template is well formed");
        Progress {
            line: ProgressBar::new_spinner().with_style(style),
            steps,
            current: None,
            live,
        }
    }

    /// The estimated time of all trials, in seconds.
    pub(crate) fn estimate(&self) -> f64 {
        let times = self.steps.iter();
        times.map(|step| step.estimate * step.trials as f64).sum()
    }

    /// The number of runs and the estimated time, if it is long.
    pub(crate) fn announcement(&self) -> Option<String> {
        let runs: usize = self.steps.iter().map(|step| step.trials).sum();
        let (seconds, minutes) = (self.estimate(), (self.estimate() / 60.0).floor());
        (seconds >= LONG).then(|| format!("{runs} runs, about {minutes} minutes"))
    }

    /// Shows a text.
    pub(crate) fn show(&self, text: String) {
        self.show_live(&text);
        self.line.set_message(text);
    }

    fn show_live(&self, current: &str) {
        let Some(live) = &self.live else {
            return;
        };
        live.show(&ComparisonProgress {
            done: self.steps.iter().map(|step| step.done).sum(),
            trials: self.steps.iter().map(|step| step.trials).sum(),
            remaining: remaining(&self.steps),
            step: self.current.map(|(step, _)| step),
            current,
        });
    }

    /// Ends the current trial and shows the next one, which belongs to this step.
    pub(crate) fn next_trial(&mut self, step: usize, what: &str) {
        let now = Instant::now();
        if let Some((previous, start)) = self.current.replace((step, now)) {
            let previous = &mut self.steps[previous];
            previous.done += 1;
            previous.elapsed += (now - start).as_secs_f64();
        }
        let done: usize = self.steps.iter().map(|step| step.done).sum();
        let trials: usize = self.steps.iter().map(|step| step.trials).sum();
        let remaining = remaining(&self.steps).map_or(String::new(), describe);
        self.show_live(what);
        let message = format!("{} of {trials}{remaining}: {what}", done + 1);
        self.line.set_message(message);
    }

    /// The trial of this step is in the figures, with this wall time.
    pub(crate) fn keep_trial(&mut self, step: usize, wall: Duration) {
        if let Some(live) = &mut self.live {
            live.add_wall(step, wall);
        }
    }

    /// Adds a trial to each of the steps of a cell.
    pub(crate) fn repeat_round(&mut self, steps: Range<usize>) {
        for step in &mut self.steps[steps.clone()] {
            step.trials += 1;
        }
        if let Some(live) = &mut self.live {
            live.repeat_round(steps);
        }
    }

    /// Removes the line.
    pub(crate) fn clear(&self) {
        self.line.finish_and_clear();
    }
}

/// The remaining seconds; `None` before the first trial has ended. Each remaining trial of a step takes the mean time of
/// the trials so far of that step. Without any, it takes its estimated time plus the mean error of the estimates so
/// far.
fn remaining(steps: &[ProgressStep]) -> Option<f64> {
    let done: usize = steps.iter().map(|step| step.done).sum();
    let error = |step: &ProgressStep| step.elapsed - step.estimate * step.done as f64;
    let error = steps.iter().map(error).sum::<f64>() / done as f64;
    let trial = |step: &ProgressStep| match step.done {
        0 => (step.estimate + error).max(0.0),
        done => step.elapsed / done as f64,
    };
    let rest = |step: &ProgressStep| trial(step) * step.trials.saturating_sub(step.done) as f64;
    let times = steps.iter().map(rest);
    (done > 0).then(|| times.sum())
}

fn describe(remaining: f64) -> String {
    match remaining.floor() {
        seconds if seconds < 100.0 => format!(", {seconds} s left"),
        seconds => format!(", {} min left", (seconds / 60.0).floor()),
    }
}

/// The progress steps of a cell, one per strategy.
pub(crate) fn progress_steps(conditions: &CellConditions<'_>) -> Result<Vec<ProgressStep>> {
    let listener = conditions.listener()?;
    let steps = conditions.variants.iter().map(|variant| {
        Ok(ProgressStep {
            trials: conditions.experiment.rounds.get() + 1,
            estimate: trial_time(conditions, variant, listener.as_ref())?,
            done: 0,
            elapsed: 0.0,
        })
    });
    steps.collect()
}

/// The seconds of a trial without failures.
fn trial_time(
    conditions: &CellConditions<'_>,
    variant: &StrategyVariant,
    listener: Option<&Listener>,
) -> Result<f64> {
    let timeout = variant.policy()?.timeouts.total.unwrap_or(Duration::MAX);
    let concurrency = variant.concurrency(conditions.concurrency).get();
    let downloads = conditions.experiment.downloads();
    let delay = listener.map_or(0.0, |listener| typical_delay(&listener.latency));
    let delays = delay.min(timeout.as_secs_f64()) * downloads.div_ceil(concurrency) as f64;
    let process = variant.program().map_or(PROCESS, |_| PROGRAM);
    Ok(delays + process + DOWNLOAD * downloads as f64)
}

/// The mean of the nine deciles, in seconds. Unlike the mean of all delays, it is hardly affected by a long tail.
fn typical_delay(latency: &Latency) -> f64 {
    let deciles = (1..10).map(|decile| latency.delay(u64::MAX / 10 * decile).as_secs_f64());
    deciles.sum::<f64>() / 9.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::spec::experiment::Experiment;
    use flagpole_client::Concurrency;

    /// A step of ten trials.
    fn step(done: usize, elapsed: f64, estimate: f64) -> ProgressStep {
        ProgressStep {
            trials: 10,
            estimate,
            done,
            elapsed,
        }
    }

    #[test]
    fn step_continues_as_its_trials_so_far() {
        assert_eq!(remaining(&[step(0, 0.0, 1.0)]), None, "no trial has ended");
        assert_eq!(remaining(&[step(4, 12.0, 1.0)]), Some(18.0));
        assert_eq!(remaining(&[step(10, 12.0, 1.0)]), Some(0.0));
    }

    #[test]
    fn step_without_trials_takes_its_corrected_estimate() {
        // Ten trials of 2 s, estimated as 1 s, and ten that are estimated as 10 s each.
        let steps = [step(10, 20.0, 1.0), step(0, 0.0, 10.0)];
        assert_eq!(remaining(&steps), Some(110.0));
        let steps = [step(10, 20.0, 50.0), step(0, 0.0, 10.0)];
        assert_eq!(remaining(&steps), Some(0.0), "never negative");
        let steps = [step(10, 20.0, 1.0), step(1, 9.0, 10.0)];
        assert_eq!(remaining(&steps), Some(81.0), "as measured");
    }

    #[test]
    fn repeated_round_adds_a_trial_to_the_steps_of_its_cell() {
        let mut progress = Progress::new(
            vec![step(0, 0.0, 1.0), step(0, 0.0, 2.0), step(0, 0.0, 4.0)],
            None,
        );
        progress.repeat_round(1..3);
        let trials: Vec<_> = progress.steps.iter().map(|step| step.trials).collect();
        assert_eq!(trials, [10, 11, 11]);
    }

    #[test]
    fn only_long_comparisons_are_announced() {
        let announcement = |steps| Progress::new(steps, None).announcement();
        assert_eq!(announcement(vec![step(0, 0.0, 59.9)]), None);
        let text = announcement(vec![step(0, 0.0, 150.0), step(0, 0.0, 30.5)]);
        assert_eq!(text.as_deref(), Some("20 runs, about 30 minutes"));
    }

    #[test]
    fn long_remaining_time_is_in_minutes() {
        assert_eq!(describe(99.0), ", 99 s left");
        assert_eq!(describe(185.0), ", 3 min left");
    }

    fn seconds(latency: &str, policy: &str) -> Vec<f64> {
        let grid = "[grid]\nstrategies = ['sequential', 'async']\n";
        let server = format!("[server]\nlatency = '{latency}'\n");
        let text = format!("{grid}{policy}{server}");
        let experiment = Experiment::parse(&text, "x.toml").unwrap();
        let conditions = CellConditions {
            experiment: &experiment,
            variants: &experiment.strategy_variants().unwrap(),
            server: None,
            latency: None,
            concurrency: Concurrency::new(5).unwrap(),
            shows_concurrency: false,
            cell: 1,
            first_step: 0,
        };
        let listener = conditions.listener().unwrap();
        let times = conditions.variants.iter().map(|variant| {
            let time = trial_time(&conditions, variant, listener.as_ref());
            time.unwrap().floor()
        });
        times.collect()
    }

    #[test]
    fn trial_takes_the_delays_of_its_batches() {
        assert_eq!(seconds("1s", ""), [20.0, 4.0]);
        assert_eq!(seconds("uniform:0..2s", ""), [20.0, 4.0]);
        assert_eq!(seconds("1h", "[policy]\ntimeout = '500ms'\n"), [10.0, 2.0]);
        assert_eq!(seconds("0", ""), [0.0, 0.0]);
    }
}
