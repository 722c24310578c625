//! The end of a load run, or of a merge of logs: the result is printed and written, and the exit code follows from it.

use crate::exit_status::ExitStatus;
use crate::experiment::output_target::OutputTarget;
use crate::output;
use crate::output::coloured;
use anstream::{AutoStream, ColorChoice};
use anyhow::Result;
use flagpole_analysis::html;
use flagpole_analysis::load::LoadResult;
use flagpole_analysis::load::condition::ConditionStatus;
use flagpole_analysis::load::report::LoadReport;
use flagpole_analysis::report::ReportOptions;
use flagpole_analysis::validity::Validity;
use std::io::{self, IsTerminal as _};
use std::slice;

/// How a result is reported.
pub(crate) struct ResultOutput {
    pub(crate) format: &'static dyn LoadReport,
    pub(crate) is_verbose: bool,
    pub(crate) is_strict: bool,
}

/// Where a result is written to besides standard output.
#[derive(Default)]
pub(crate) struct ResultFiles {
    pub(crate) json: Option<OutputTarget>,
    pub(crate) html: Option<OutputTarget>,
}

impl ResultOutput {
    /// Prints the result, and writes it to files. `written` says whether other files were written.
    pub(crate) fn report(
        &self,
        result: &LoadResult,
        files: ResultFiles,
        written: [Result<()>; 2],
    ) -> ExitStatus {
        let printed = self.print(result);
        let saved = files.json.map_or(Ok(()), |file| {
            file.write(&(serde_json::to_string_pretty(result)? + "\n"))
        });
        let page = files.html.map_or(Ok(()), |file| {
            file.write(&html::load_report(slice::from_ref(result)))
        });
        let [first, second] = written;
        let cannot_write = output::report_errors([printed, saved, page, first, second]);
        if !self.is_usable(result) {
            return ExitStatus::InvalidMeasurement;
        }
        let mut conditions = result.conditions.iter();
        let holds = conditions.any(|one| one.status == ConditionStatus::Holds);
        let search = result.search.as_ref();
        let found_nothing = search.is_some_and(|search| search.limit.is_none());
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
