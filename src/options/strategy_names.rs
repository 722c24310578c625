//! Strategies and report formats by name.

use clap_complete::engine::CompletionCandidate;
use flagpole_analysis::report::{self, Report};
use flagpole_client::{Strategy, strategy};
use flagpole_protocol::spec::SpecError;

pub(crate) fn parse_strategy(name: &str) -> Result<&'static dyn Strategy, SpecError> {
    let found = strategy::ALL.iter().find(|one| one.name() == name).copied();
    let known = || strategy::ALL.iter().map(|one| one.name());
    found.ok_or_else(|| SpecError::unknown("strategy", name, known()))
}

pub(crate) fn parse_format(name: &str) -> Result<&'static dyn Report, SpecError> {
    let found = report::ALL.iter().find(|one| one.name() == name).copied();
    let known = || report::ALL.iter().map(|one| one.name());
    found.ok_or_else(|| SpecError::unknown("format", name, known()))
}

pub(crate) fn strategy_candidates() -> Vec<CompletionCandidate> {
    let all = strategy::ALL.iter();
    let candidates =
        all.map(|one| CompletionCandidate::new(one.name()).help(Some(one.about().into())));
    candidates.collect()
}

pub(crate) fn format_candidates() -> Vec<CompletionCandidate> {
    let all = report::ALL.iter();
    all.map(|one| CompletionCandidate::new(one.name()))
        .collect()
}
