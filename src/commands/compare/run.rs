//! Runs an experiment, evaluates it and writes the result.

use super::args::CompareArgs;
use super::colour;
use super::experiment_args::experiment;
use crate::exit_status::ExitStatus;
use crate::experiment::evaluation::{baseline, exit_reasons};
use crate::experiment::output_target::OutputTarget;
use crate::experiment::{grid, spec::experiment::Experiment};
use crate::process::system_limits;
use crate::process::trial_process::Interrupt;
use crate::{interrupt, output};
use anyhow::{Context as _, Result, anyhow};
use flagpole_analysis::comparison::Comparison;
use flagpole_analysis::validity::Validity;
use flagpole_client::Target;

impl CompareArgs {
    /// Runs the experiment and prints the result.
    pub(crate) fn run(self) -> Result<ExitStatus> {
        if self.schema {
            output::result(&format!("{:#}\n", Comparison::schema()))?;
            return Ok(ExitStatus::Success);
        }
        let experiment = experiment(&self)?;
        check(&experiment).map_err(|error| self.with_file(error))?;
        let earlier = self.baseline.as_deref().map(baseline::read).transpose()?;
        let open = |path| OutputTarget::open("--result", path);
        let target = self.result.as_deref().map(open).transpose()?;
        if let Some(path) = &self.save {
            let text = toml::to_string(&experiment).context("--save: cannot write TOML")?;
            OutputTarget::open("--save", path)?.write(&text)?;
        }
        let interrupt = Interrupt::default();
        let handle = interrupt.clone();
        interrupt::on_first_signal(move || handle.request())?;

        let mut measured = grid::measure(&experiment, &interrupt)?;
        let comparison = &mut measured.comparison;
        if let Some(earlier) = &earlier {
            comparison.baseline = baseline::compare(comparison, earlier);
        }
        comparison.crossed_thresholds = exit_reasons::crossed_thresholds(&experiment, comparison);
        let printed = self.print(comparison);
        let written = target.map_or(Ok(()), |target| {
            target.write(&(serde_json::to_string_pretty(comparison)? + "\n"))
        });
        let cannot_write = output::report_errors([printed, written]);
        let invalid = exit_reasons::invalid_reasons(comparison);
        for reason in &invalid {
            output::note(&format!("flagpole: invalid measurement: {reason}"));
        }
        let is_crossed = !comparison.crossed_thresholds.is_empty();
        Ok(if invalid.is_empty() {
            ExitStatus::from_failed(cannot_write || is_crossed || measured.has_failed)
        } else {
            ExitStatus::InvalidMeasurement
        })
    }

    /// The error, with the file and with keys instead of options if the experiment is from a file.
    fn with_file(&self, error: anyhow::Error) -> anyhow::Error {
        let text = error.to_string();
        let is_typed = text.starts_with("--fail-if") && !self.fail_if.is_empty();
        match &self.experiment {
            Some(file) if !is_typed => anyhow!("{file}: {}", with_keys(&text)),
            _ => error,
        }
    }

    fn print(&self, comparison: &Comparison) -> Result<()> {
        let mut text = Vec::new();
        let style = if colour::is_enabled() {
            colour::styled
        } else {
            |validity: Validity| validity.to_string()
        };
        self.format.write(comparison, &style, &mut text)?;
        output::result(&String::from_utf8(text)?)
    }
}

/// A sentence with the keys of an experiment instead of the options of the command line: `fail_if` for `--fail-if`.
fn with_keys(sentence: &str) -> String {
    let words = sentence.split(' ').map(|word| {
        let name = word.trim_start_matches('`');
        match name.strip_prefix("--") {
            Some(key) => word.replace(name, &key.replace('-', "_")),
            None => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Rejects an experiment that cannot be measured, before anything is written.
fn check(experiment: &Experiment) -> Result<()> {
    experiment.check()?;
    for concurrency in experiment.concurrencies() {
        system_limits::check_concurrency(concurrency.get())?;
    }
    if let Some(url) = &experiment.url {
        let target: Target = url.parse().map_err(|error| anyhow!("--url: {error}"))?;
        target
            .resolve()
            .map_err(|error| anyhow!("--url: {error}"))?;
    }
    Ok(())
}
