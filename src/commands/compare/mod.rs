//! `flagpole compare`: strategies under the same delays and faults.
//!
//! An experiment, from options or a file, is a grid of conditions such as latencies. Under each combination, which is a
//! cell, every strategy runs once per round, in a new process, against a server in another process. `flagpole_analysis`
//! evaluates the results.

mod args;

pub(crate) use self::args::CompareArgs;

use crate::exit_status::ExitStatus;
use crate::experiment::evaluation::{baseline, exit_reasons};
use crate::experiment::output_target::OutputTarget;
use crate::experiment::{
    grid,
    spec::experiment::{Experiment, Grid},
};
use crate::options::names::StrategyName;
use crate::options::value_parsers::Seed;
use crate::process::{system_limits, trial_process::Interrupt};
use crate::{interrupt, output};
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use anyhow::{Context as _, Result, anyhow, bail};
use flagpole_analysis::{comparison::Comparison, validity::Validity};
use flagpole_client::Target;
use flagpole_server::{Latency, config::listener::Listener};
use std::io;

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
        let is_coloured = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
        let style = if is_coloured {
            coloured
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

/// The word for a validity, in colour.
fn coloured(validity: Validity) -> String {
    let colour = match validity {
        Validity::Valid => AnsiColor::Green,
        Validity::Suspect => AnsiColor::Yellow,
        Validity::Invalid => AnsiColor::Red,
    };
    let style = Style::new().bold().fg_color(Some(colour.into()));
    format!("{style}{validity}{style:#}")
}

/// The named experiment, or the experiment that the options describe.
fn experiment(args: &CompareArgs) -> Result<Experiment> {
    let mut experiment = match &args.experiment {
        Some(name) => Experiment::load(name)?,
        None => from_options(args)?,
    };
    experiment.rounds = args.rounds.unwrap_or(experiment.rounds);
    if args.measure_overhead {
        experiment.measure_overhead = Some(true);
    }
    experiment.fail_if.extend(args.fail_if.iter().cloned());
    Ok(experiment)
}

fn from_options(args: &CompareArgs) -> Result<Experiment> {
    let latencies = args.latency.iter().flat_map(|list| list.0.clone());
    let mut latencies: Vec<_> = latencies.collect();
    let (seed, server) = match args.url {
        Some(_) => (0, None),
        None => server(args, &mut latencies)?,
    };
    let strategies = args.strategy.iter().flat_map(|list| &list.0);
    let strategies = strategies.map(|one| StrategyName(*one));
    Ok(Experiment {
        seed: Seed(seed),
        flags: args.flags,
        times: args.times,
        files: args.files,
        url: args.url.as_ref().map(ToString::to_string),
        grid: Grid {
            latency: latencies,
            concurrency: args.concurrency.clone(),
            strategies: strategies.collect(),
            ..Grid::default()
        },
        policy: args.policy.clone(),
        server,
        // The defaults are those of an empty file.
        ..Experiment::parse("", "")?
    })
}

/// The seed and the only listener of the profile. A single latency becomes that of the listener and leaves `latencies`.
fn server(args: &CompareArgs, latencies: &mut Vec<Latency>) -> Result<(u64, Option<Listener>)> {
    let mut profile = args.server.effective_profile("clean", &[])?;
    if profile.listeners.len() > 1 {
        let names = profile.listeners.iter().flat_map(|one| &one.name);
        let names = names.map(String::as_str).collect::<Vec<_>>().join(", ");
        bail!("--profile: expected one listener, got {names}; choose one with `--listener`");
    }
    let mut listener = profile.listeners.pop();
    if latencies.is_empty() && !args.server.names_profile() {
        latencies.push("50ms".parse().expect("50ms is a latency"));
    }
    if let Some(listener) = &mut listener {
        listener.port = None;
        if let [only] = latencies.as_slice() {
            listener.latency = only.clone();
            latencies.clear();
        }
    }
    Ok((profile.seed, listener))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_surrounds_the_word() {
        let text = coloured(Validity::Invalid);
        assert!(text.starts_with("\u{1b}[1m"), "{text:?}");
        assert_eq!(anstream::adapter::strip_str(&text).to_string(), "INVALID");
    }
}
