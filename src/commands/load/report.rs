//! The end of a run: its result, with what options say about it.

use super::args::LoadArgs;
use crate::exit_status::ExitStatus;
use crate::load::baseline;
use crate::load::result_output::{ResultFiles, ResultOutput};
use crate::load::run::MeasuredLoad;
use crate::load::spec::LoadSpec;
use crate::run_page;
use anyhow::Result;
use flagpole_analysis::html;
use flagpole_analysis::load::search::SearchResult;
use flagpole_analysis::load::{LoadCondition, LoadFigures, LoadResult, ObservedLoad};
use flagpole_server::RunPage;
use std::slice;

/// How the result is reported.
pub(super) struct Reporter {
    output: ResultOutput,
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
        let conditions = [("--fail-if", &spec.fail_if), ("--abort-if", &spec.abort_if)];
        baseline::check_conditions(&conditions, baseline.is_some())?;
        Ok(Reporter {
            output: ResultOutput {
                format: args.format,
                is_verbose: args.verbose,
                is_strict: args.strict,
            },
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
        files: ResultFiles,
        live: Option<RunPage>,
    ) -> ExitStatus {
        let mut observed = run.observed;
        observed.fail_if.clone_from(&self.fail_if);
        observed.baseline.clone_from(&self.baseline);
        let mut result = LoadResult::from(&observed);
        result.search = run.search;
        let status = self.output.report(&result, files, run.written);
        if let Some(page) = live {
            run_page::finish(page, html::load_report(slice::from_ref(&result)));
        }
        status
    }
}
