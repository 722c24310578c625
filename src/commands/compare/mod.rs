//! `flagpole compare`: strategies under the same delays and faults.
//!
//! An experiment, from options or a file, is a grid of conditions such as latencies. Under each combination, which is a
//! cell, every strategy runs once per round, in a new process, against a server in another process. `flagpole_analysis`
//! evaluates the results.

mod args;
mod overrides;

pub(crate) use self::args::CompareArgs;

use crate::exit_status::ExitStatus;
use crate::experiment::evaluation::{baseline, exit_reasons};
use crate::experiment::output_target::{self, OutputTarget};
use crate::experiment::runner::record_log::RecordLog;
use crate::experiment::spec::experiment::Experiment;
use crate::experiment::{foreseen::thresholds, grid, program_check, site_probe};
use crate::process::{system_limits, trial_process::Interrupt};
use crate::{interrupt, output, run_page};
use anstream::{AutoStream, ColorChoice};

use anyhow::{Context as _, Result, anyhow, bail};
use flagpole_analysis::comparison::{Comparison, ThresholdStatus};
use flagpole_analysis::html;
use flagpole_analysis::report::ReportOptions;
use flagpole_analysis::stats::MIN_ROUNDS;
use flagpole_analysis::validity::Validity;
use flagpole_client::Target;
use flagpole_server::RunKind;
use std::io::{self, IsTerminal as _};
use std::slice;

impl CompareArgs {
    /// Runs the experiment and prints the result.
    pub(crate) fn run(self) -> Result<ExitStatus> {
        if self.schema {
            output::result(&format!("{:#}\n", Comparison::schema()))?;
            return Ok(ExitStatus::Success);
        }
        let mut experiment = self.experiment()?;
        check(&experiment).map_err(|error| self.name_cause(error))?;
        let as_file = toml::to_string(&experiment).context("cannot write TOML")?;
        if self.print_experiment {
            output::result(&as_file)?;
            return Ok(ExitStatus::Success);
        }
        let earlier = self.baseline.as_deref().map(baseline::read).transpose()?;
        self.check_rounds(&experiment)?;
        let interrupt = Interrupt::default();
        let handle = interrupt.clone();
        interrupt::on_first_signal(move || handle.request())?;
        let skipped = program_check::leave_out_missing(&mut experiment, &interrupt);
        let skipped = skipped.map_err(|error| self.name_cause(error))?;
        self.check_thresholds(&experiment)?;
        let server = site_probe::probe(&experiment).map_err(|error| self.name_cause(error))?;
        let server = server.as_ref();
        let checked = baseline::check(&experiment, server, earlier.as_ref());
        checked.map_err(|error| self.name_cause(error))?;
        let files = self.open_files()?;
        let live = self.live.as_ref();
        let live = live.map(|address| run_page::start(RunKind::Comparison, address));
        let live = live.transpose()?;
        if let Some(save) = files.save {
            save.write(&as_file)?;
        }
        let records = files.records.map(OutputTarget::into_stream).transpose()?;
        let mut records = RecordLog::new(records);
        let mut measured =
            grid::measure(&experiment, server, &interrupt, &mut records, live.as_ref())?;
        let comparison = &mut measured.comparison;
        comparison.skipped = skipped;
        if let Some(earlier) = &earlier {
            comparison.baseline = baseline::compare(comparison, earlier);
        }
        comparison.thresholds =
            exit_reasons::judge_thresholds(&experiment, comparison, earlier.as_ref());
        let printed = self.print(comparison);
        let written = files.result.map_or(Ok(()), |target| {
            target.write(&(serde_json::to_string_pretty(comparison)? + "\n"))
        });
        let page = files.html.map_or(Ok(()), |target| {
            target.write(&html::comparison_report(slice::from_ref(comparison)))
        });
        let cannot_write = output::report_errors([printed, written, page, records.finish()]);
        let is_usable = self.report_reasons(comparison);
        if let Some(page) = live {
            run_page::finish(page, html::comparison_report(slice::from_ref(comparison)));
        }
        let crossed = exit_reasons::thresholds(comparison, ThresholdStatus::Crossed);
        Ok(if is_usable {
            ExitStatus::from_failed(cannot_write || !crossed.is_empty() || measured.has_failed)
        } else {
            ExitStatus::InvalidMeasurement
        })
    }

    /// Checks that the files can be written, and that they are different ones.
    fn open_files(&self) -> Result<OutputFiles> {
        let [result, html, records, save] = output_target::open_all([
            ("--result", &self.result),
            ("--html", &self.html),
            ("--records", &self.records),
            ("--save", &self.save),
        ])?;
        Ok(OutputFiles {
            result,
            html,
            records,
            save,
        })
    }

    /// Rejects a number of rounds with which every result is doubtful, if that is a failure.
    fn check_rounds(&self, experiment: &Experiment) -> Result<()> {
        let rounds = experiment.rounds.get();
        if self.strict && rounds < MIN_ROUNDS {
            bail!(
                "--strict: fewer than {MIN_ROUNDS} rounds are always doubtful, got {rounds}; raise --rounds"
            );
        }
        Ok(())
    }

    /// Rejects thresholds of which it is known that they will be crossed for lack of a figure, or will not be judged. One of
    /// a file that will not be judged is only noted, because files of earlier versions must run; except with `--strict`.
    fn check_thresholds(&self, experiment: &Experiment) -> Result<()> {
        for objection in thresholds::objections(experiment)? {
            let is_typed = self.fail_if.contains(objection.threshold);
            let error = self.name_cause(anyhow!("{objection}"));
            if is_typed || self.strict || objection.is_crossed() {
                return Err(error);
            }
            output::note(&format!("flagpole: {error}; it will not be judged"));
        }
        Ok(())
    }

    /// Prints why the measurement is invalid, with `--strict` also why it is doubtful and what thresholds are not
    /// judged; returns whether it can be used. A terminal that shows the text report shows the reasons already.
    fn report_reasons(&self, comparison: &Comparison) -> bool {
        let invalid = exit_reasons::reasons(comparison, Validity::Invalid);
        let doubtful = exit_reasons::reasons(comparison, Validity::Suspect);
        let not_judged = exit_reasons::thresholds(comparison, ThresholdStatus::NotJudged);
        let is_shown = self.format.name() == "text" && io::stdout().is_terminal();
        if !is_shown {
            output::note_first("invalid measurement", &invalid);
        }
        if self.strict && !is_shown {
            output::note_first("doubtful measurement", &doubtful);
            let messages = not_judged.iter().map(|result| result.message.clone());
            output::note_first("threshold not judged", &messages.collect::<Vec<_>>());
        }
        let is_certain = doubtful.is_empty() && not_judged.is_empty();
        invalid.is_empty() && (is_certain || !self.strict)
    }

    fn print(&self, comparison: &Comparison) -> Result<()> {
        let mut text = Vec::new();
        let is_coloured = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
        let style = if is_coloured {
            output::coloured
        } else {
            |validity: Validity| validity.to_string()
        };
        let options = ReportOptions {
            style: &style,
            is_verbose: self.verbose,
        };
        self.format.write(comparison, options, &mut text)?;
        output::result(&String::from_utf8(text)?)
    }
}

/// The files to write.
struct OutputFiles {
    result: Option<OutputTarget>,
    html: Option<OutputTarget>,
    records: Option<OutputTarget>,
    save: Option<OutputTarget>,
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
