//! The formats of a result by name.

use clap_complete::engine::CompletionCandidate;
use flagpole_analysis::load::report::ALL;
pub(crate) use flagpole_analysis::load::report::LoadReport;
use flagpole_protocol::SpecError;

/// The format of this name.
pub(crate) fn parse(name: &str) -> Result<&'static dyn LoadReport, SpecError> {
    let found = ALL.iter().find(|one| one.name() == name).copied();
    let known = || ALL.iter().map(|one| one.name());
    found.ok_or_else(|| SpecError::unknown("format", name, known()))
}

/// All of them, for completions.
pub(crate) fn candidates() -> Vec<CompletionCandidate> {
    let names = ALL.iter().map(|one| one.name());
    names.map(CompletionCandidate::new).collect()
}
