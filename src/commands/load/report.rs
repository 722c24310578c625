//! The end of a run: the result is printed and written, and the exit code follows from it.

use super::args::LoadArgs;
use crate::commands::load::baseline;
use crate::exit_status::ExitStatus;
use crate::experiment::output_target::OutputTarget;
use crate::load::run::MeasuredLoad;
use crate::load::spec::LoadSpec;
use crate::output;
use crate::output::coloured;
use crate::run_page;
use anstream::{AutoStream, ColorChoice};
use anyhow::Result;
use flagpole_analysis::html;
use flagpole_analysis::load::condition::ConditionStatus;
use flagpole_analysis::load::report::LoadReport;
use flagpole_analysis::load::search::SearchResult;
use flagpole_analysis::load::{LoadCondition, LoadFigures, LoadResult, ObservedLoad};
use flagpole_analysis::report::ReportOptions;
use flagpole_analysis::validity::Validity;
use flagpole_server::RunPage;
use std::io::{self, IsTerminal as _};
use std::slice;

/// How the result is reported.
pub(super) struct Reporter {
    format: &'static dyn LoadReport,
    is_verbose: bool,
    is_strict: bool,
    fail_if: Vec<LoadCondition>,
    baseline: Option<Box<LoadResult>>,
}

/// What was done.
pub(super) struct FinishedLoad {
    pub(super) observed: ObservedLoad,
    /// The search of which the run was the last one.
    pub(super) search: Option<SearchResult>,
    /// Whether the records and the interval log were written.
    pub(super) written: [Result<()>; 2],
}

impl FinishedLoad {
    pub(super) fn from_search((found, observed): (SearchResult, ObservedLoad)) -> FinishedLoad {
        FinishedLoad {
            observed,
            search: Some(found),
            written: [Ok(()), Ok(())],
        }
    }
}

impl From<MeasuredLoad> for FinishedLoad {
    fn from(measured: MeasuredLoad) -> FinishedLoad {
        FinishedLoad {
            observed: measured.observed,
            search: None,
            written: [measured.records, measured.log],
        }
    }
}

impl Reporter {
    /// Reads the baseline, and checks that the conditions can be judged.
    pub(super) fn new(args: &LoadArgs, spec: &LoadSpec) -> Result<Reporter> {
        let baseline = args.baseline.as_deref().map(baseline::read).transpose()?;
        baseline::check_conditions(spec, baseline.is_some())?;
        Ok(Reporter {
            format: args.format,
            is_verbose: args.verbose,
            is_strict: args.strict,
            fail_if: spec.fail_if.clone(),
            baseline: baseline.map(Box::new),
        })
    }

    pub(super) fn baseline_figures(&self) -> Option<&LoadFigures> {
        self.baseline.as_ref().map(|baseline| &baseline.figures)
    }

    /// Prints the result of a run, or of the last run of a search, and writes it to files: as JSON, and as an HTML report.
    pub(super) fn report(
        self,
        run: FinishedLoad,
        file: Option<OutputTarget>,
        html: Option<OutputTarget>,
        live: Option<RunPage>,
    ) -> ExitStatus {
        let mut observed = run.observed;
        observed.fail_if.clone_from(&self.fail_if);
        observed.baseline.clone_from(&self.baseline);
        let mut result = LoadResult::from(&observed);
        result.search = run.search;
        let printed = self.print(&result);
        let saved = file.map_or(Ok(()), |file| {
            file.write(&(serde_json::to_string_pretty(&result)? + "\n"))
        });
        let page = html.map_or(Ok(()), |file| {
            file.write(&html::load_report(slice::from_ref(&result)))
        });
        let [records, log] = run.written;
        let cannot_write = output::report_errors([printed, saved, page, records, log]);
        let is_usable = self.is_usable(&result);
        if let Some(page) = live {
            run_page::finish(page, html::load_report(slice::from_ref(&result)));
        }
        if !is_usable {
            return ExitStatus::InvalidMeasurement;
        }
        let mut conditions = result.conditions.iter();
        let holds = conditions.any(|one| one.status == ConditionStatus::Holds);
        let found_nothing = result.search.is_some_and(|search| search.limit.is_none());
        ExitStatus::from_failed(cannot_write || holds || found_nothing)
    }

    fn print(&self, result: &LoadResult) -> Result<()> {
        let is_coloured = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
        let style = if is_coloured {
            coloured
        } else {
            |validity: Validity| validity.to_string()
        };
        let options = ReportOptions {
            style: &style,
            is_verbose: self.is_verbose,
        };
        let mut text = Vec::new();
        self.format.write(result, options, &mut text)?;
        output::result(&String::from_utf8(text)?)
    }

    /// Notes why the figures cannot be used, or with `--strict` why they are doubtful, unless a terminal shows the text report;
    /// returns whether they can.
    fn is_usable(&self, result: &LoadResult) -> bool {
        let reasons = |severity| {
            let reasons = result.verdict.reasons.iter();
            let reasons = reasons.filter(move |issue| issue.severity == severity);
            reasons
                .map(|issue| issue.message.clone())
                .collect::<Vec<_>>()
        };
        let (invalid, doubtful) = (reasons(Validity::Invalid), reasons(Validity::Suspect));
        let conditions = result.conditions.iter();
        let not_judged = conditions.filter(|one| one.status == ConditionStatus::NotJudged);
        let not_judged: Vec<_> = not_judged.map(|one| one.message.clone()).collect();
        let is_shown = self.format.name() == "text" && io::stdout().is_terminal();
        if !is_shown {
            output::note_first("invalid measurement", &invalid);
        }
        if self.is_strict && !is_shown {
            output::note_first("doubtful measurement", &doubtful);
            output::note_first("condition not judged", &not_judged);
        }
        let is_certain = doubtful.is_empty() && not_judged.is_empty();
        invalid.is_empty() && (is_certain || !self.is_strict)
    }
}
