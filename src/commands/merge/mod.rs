//! `flagpole merge`: adds up the interval logs of several processes, and reports their load as one.

mod merged_log;

use crate::exit_status::ExitStatus;
use crate::experiment::output_target::{self, OutputTarget};
use crate::experiment::runner::environment;
use crate::interval_log::merge_files;
use crate::load::baseline;
use crate::load::report_formats;
use crate::load::result_output::{ResultFiles, ResultOutput};
use crate::process::process_name;
use anyhow::Result;
use clap::Args;
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, PathCompleter};
use flagpole_analysis::load::LoadCondition;
use flagpole_analysis::load::process::MergeOptions;
use flagpole_analysis::load::report::LoadReport;
use std::path::PathBuf;

/// Add up interval logs of several processes, and report them as one
///
/// A log is a file that `flagpole load --hlog` or `flagpole worker` wrote, or another HdrHistogram log; a file may hold the logs
/// of several processes. Histograms are added bucket by bucket, so that nothing is lost. The verdict is about all processes: it
/// names those whose logs have no end or lack an interval, that were late, or whose clocks differ. Give it the logs of one run.
///
/// docs/interval-logs.md describes the files, docs/distributed.md how to make several processes load one server.
///
/// Exit code 0: success; 1: a condition of --fail-if holds, or a file could not be written; 2: a log could not be read; 3: the
/// measurement is not valid, with --strict also if it is doubtful or a condition cannot be judged.
#[derive(Args)]
#[command(after_help = "Examples:
  flagpole merge *.hlog
  flagpole merge shard-*.hlog -o all.hlog --result all.json
  flagpole merge run.hlog --html run.html --fail-if 'p99 > 80ms'
  cat logs/* | flagpole merge -")]
pub(crate) struct MergeArgs {
    /// Add up these logs; `-`: standard input
    #[arg(value_name = "LOG", required = true, add = ArgValueCompleter::new(PathCompleter::file()))]
    logs: Vec<PathBuf>,

    /// Write the log of the whole to this file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Exit with 1 if this holds: `p99 > 80ms`, `p99/baseline > 1.1`; repeatable
    #[arg(long, value_name = "CONDITION")]
    fail_if: Vec<LoadCondition>,

    /// Exit with 3 if doubtful: SUSPECT, or a condition is not judged
    #[arg(long)]
    strict: bool,

    /// Relate the figures to this earlier result
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Write the result as JSON to this file
    #[arg(long, value_name = "FILE")]
    result: Option<PathBuf>,

    /// Write the result as an HTML report to this file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Write this format: `text`, `json`, `markdown` or `csv`
    #[arg(long, default_value = "text", value_name = "FORMAT", value_parser = report_formats::parse, add = ArgValueCandidates::new(report_formats::candidates))]
    format: &'static dyn LoadReport,

    /// Show details: processes, histogram, parts, outcomes, seconds
    #[arg(short, long)]
    verbose: bool,
}

impl MergeArgs {
    /// Reads the logs and prints the result.
    pub(crate) fn run(self) -> Result<ExitStatus> {
        let baseline = self.baseline.as_deref().map(baseline::read).transpose()?;
        baseline::check_conditions(&[("--fail-if", &self.fail_if)], baseline.is_some())?;
        let [output, json, html] = self.open_files()?;
        let merged = merge_files(
            &self.logs,
            MergeOptions {
                process: process_name::unique(),
                environment: environment::environment(None),
                fail_if: self.fail_if,
                baseline: baseline.map(Box::new),
            },
        )?;
        let written = output.map_or(Ok(()), |file| merged_log::write(file, &merged));
        let output = ResultOutput {
            format: self.format,
            is_verbose: self.verbose,
            is_strict: self.strict,
        };
        let files = ResultFiles { json, html };
        Ok(output.report(&merged.result, files, [written, Ok(())]))
    }

    /// Checks that the files can be written, that they are different ones, and that they replace no log.
    fn open_files(&self) -> Result<[Option<OutputTarget>; 3]> {
        let files = [
            ("--output", &self.output),
            ("--result", &self.result),
            ("--html", &self.html),
        ];
        for (option, file) in files {
            if let Some(file) = file {
                output_target::check_replaces_none(option, file, &self.logs)?;
            }
        }
        output_target::open_all(files)
    }
}
