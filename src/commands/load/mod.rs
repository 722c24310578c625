//! `flagpole load`: makes requests at a rate, or as fast as connections become free, and reports what they met.

mod args;
pub(crate) mod hints;
mod overrides;
mod report;
mod target_files;

pub(crate) use self::args::LoadArgs;

use self::report::{FinishedLoad, Reporter};
use crate::exit_status::ExitStatus;
use crate::experiment::output_target::{self, OutputTarget};
use crate::load::current_run::CurrentRun;
use crate::load::display::DisplayKind;
use crate::load::hlog::HlogTarget;
use crate::load::limits;
use crate::load::live_view::terminal;
use crate::load::metrics::MetricsServer;
use crate::load::result_output::ResultFiles;
use crate::load::run::{self, EndConditions, RunOutputs};
use crate::load::search::{self, SearchContext};
use crate::load::start_time::StartTime;
use crate::load::targets::Targets;
use crate::process::server_process::ServerProcess;
use crate::{interrupt, output, run_page};
use anyhow::{Context as _, Result};
use flagpole_analysis::load::LoadResult;
use flagpole_server::RunKind;

impl LoadArgs {
    /// Carries out the run and prints the result.
    pub(crate) fn run(self) -> Result<ExitStatus> {
        if self.schema {
            output::result(&format!("{:#}\n", LoadResult::schema()))?;
            return Ok(ExitStatus::Success);
        }
        let asked = self.spec().map_err(|error| self.name_cause(error))?;
        let as_file = || toml::to_string(&asked).context("cannot write TOML");
        if self.print_experiment {
            output::result(&as_file()?)?;
            return Ok(ExitStatus::Success);
        }
        let spec = asked.with_resolved_shard();
        let spec = spec.map_err(|error| self.name_cause(error))?;
        self.start_at.map_or(Ok(()), StartTime::check)?;
        let reporter = Reporter::new(&self, &spec)?;
        let plan = search::first_plan(&spec).map_err(|error| self.name_cause(error))?;
        let files = self.open_files()?;
        let listener = spec.listener()?;
        let seed = spec.seed.unwrap_or_default().0;
        let start = |listener| ServerProcess::start(listener, seed);
        let mut server = listener.as_ref().map(start).transpose()?;
        let targets = Targets::new(
            &spec,
            server.as_ref().map(|server| server.url.as_str()),
            &self.proxy,
        );
        let targets = targets.map_err(|error| self.name_cause(error))?;
        limits::check(&plan, spec.unix_socket.is_none())?;
        let metrics = self.prometheus.map(MetricsServer::start).transpose()?;
        if let Some(metrics) = &metrics {
            output::note(&format!("metrics at {}", metrics.url()));
        }
        let live = self.live.as_ref();
        let live = live.map(|address| run_page::start(RunKind::Load, address));
        let live = live.transpose()?;
        if let Some(save) = files.save {
            save.write(&as_file()?)?;
        }
        let repeat = spec.repeat()?;
        let settings = spec.settings(listener.as_ref());
        let current = CurrentRun::default();
        listen_for_signals(&current)?;
        let mut context = SearchContext {
            spec: &spec,
            targets: &targets,
            server: server.as_mut(),
            metrics: metrics.as_ref(),
            live: live.as_ref(),
            current: &current,
            is_quiet: self.quiet,
        };
        let mut finished = if spec.search_condition().is_some() {
            FinishedLoad::from_search(search::search(&mut context)?)
        } else {
            let outputs = RunOutputs {
                records: files.records.map(OutputTarget::into_stream).transpose()?,
                log: files.hlog.map(|file| hlog(file, &settings)).transpose()?,
                metrics: metrics.as_ref(),
                live: live.as_ref(),
                display: self.display(),
                start: self.start_at.map(|time| time.wait(&current)),
            };
            let conditions = EndConditions {
                abort_if: &spec.abort_if,
                baseline: reporter.baseline_figures(),
            };
            let server = context.server.as_deref_mut();
            run::run(&plan, &targets, server, conditions, outputs, &current)?.into()
        };
        drop((server, metrics));
        finished.observed.settings = settings;
        finished.observed.repeat = Some(repeat);
        Ok(reporter.report(finished, files.result, live))
    }

    fn display(&self) -> DisplayKind {
        match () {
            () if self.quiet => DisplayKind::Nothing,
            () if self.no_tui => DisplayKind::Lines,
            () => DisplayKind::Automatic,
        }
    }

    /// Checks that the files can be written, and that they are different ones.
    fn open_files(&self) -> Result<RunFiles> {
        let [result, html, records, hlog, save] = output_target::open_all([
            ("--result", &self.result),
            ("--html", &self.html),
            ("--records", &self.records),
            ("--hlog", &self.hlog),
            ("--save", &self.save),
        ])?;
        Ok(RunFiles {
            result: ResultFiles { json: result, html },
            records,
            hlog,
            save,
        })
    }
}

/// The files to write.
struct RunFiles {
    result: ResultFiles,
    records: Option<OutputTarget>,
    hlog: Option<OutputTarget>,
    save: Option<OutputTarget>,
}

/// The log of `--hlog`, whose head has these settings.
fn hlog(file: OutputTarget, settings: &[(String, String)]) -> Result<HlogTarget> {
    Ok(HlogTarget {
        stream: file.into_stream()?,
        settings: settings.to_vec(),
    })
}

/// The first signal ends the arrivals, the second the run; the third ends the process.
fn listen_for_signals(current: &CurrentRun) -> Result<()> {
    let (finish, stop) = (current.clone(), current.clone());
    interrupt::on_signals(
        move || finish.interrupt(),
        move |_| {
            // The third signal ends the process.
            terminal::restore();
            stop.cancel();
        },
    )
}
