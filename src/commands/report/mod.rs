//! `flagpole report`: makes a page of earlier results.

mod differences;
mod results;

use self::results::Results;
use crate::exit_status::ExitStatus;
use crate::experiment::output_target::{self, OutputTarget};
use crate::output;
use anyhow::Result;
use clap::Args;
use clap_complete::engine::{ArgValueCompleter, PathCompleter};
use flagpole_analysis::html;
use std::path::{Path, PathBuf};

/// Make an HTML report of earlier results
///
/// A result is a file that --result of `flagpole compare` or `flagpole load` wrote. Several must be of one experiment: the report
/// shows how it changed from the oldest result to the newest one, and the newest one in full. Interval logs (`load --hlog`) are
/// added up as by `flagpole merge`, and are one result together.
///
/// A report of an invalid measurement is made all the same: it and a line on standard error say so, and the exit code is 0.
///
/// The report is one file that needs no other one, and no JavaScript. docs/reports.md says how to read its charts.
#[derive(Args)]
#[command(after_help = "Examples:
  flagpole report mine.json
  flagpole report monday.json tuesday.json -o week.html
  flagpole report shard-*.hlog -o run.html
  flagpole report mine.json -o - | gzip > mine.html.gz")]
pub(crate) struct ReportArgs {
    /// Report these results: files of --result, interval logs
    #[arg(value_name = "RESULT", required = true, add = ArgValueCompleter::new(PathCompleter::file()))]
    results: Vec<PathBuf>,

    /// Write the report to this file; `-`: standard output
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    output: PathBuf,
}

impl ReportArgs {
    /// Reads the results and writes the report.
    pub(crate) fn run(self) -> Result<ExitStatus> {
        let file = self.open()?;
        let page = match Results::read(&self.results)? {
            Results::Comparisons(results) => html::comparison_report(&results),
            Results::Loads(results) => html::load_report(&results),
        };
        match file {
            None => output::result(&page)?,
            Some(file) => {
                file.write(&page)?;
                output::note(&format!("wrote {}", self.output.display()));
            }
        }
        Ok(ExitStatus::Success)
    }

    /// The file to write; `None` for standard output.
    fn open(&self) -> Result<Option<OutputTarget>> {
        if self.output == Path::new("-") {
            return Ok(None);
        }
        output_target::check_replaces_none("--output", &self.output, &self.results)?;
        OutputTarget::open("--output", &self.output).map(Some)
    }
}
