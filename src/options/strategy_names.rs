//! Strategies and report formats by name, and the names that shells complete.

use clap_complete::engine::CompletionCandidate;
use derive_more::Display;
use flagpole_analysis::report::{self, Report};
use flagpole_client::{Strategy, strategy};
use flagpole_protocol::SpecError;
use flagpole_server::fate::{fault, latency};
use std::str::FromStr;

/// A strategy by its name.
#[derive(Clone, Copy, Display)]
#[display("{}", _0.name())]
pub(crate) struct StrategyName(pub(crate) &'static dyn Strategy);

impl FromStr for StrategyName {
    type Err = SpecError;

    fn from_str(name: &str) -> Result<StrategyName, SpecError> {
        strategy::by_name(name).map(StrategyName)
    }
}

pub(crate) fn parse_format(name: &str) -> Result<&'static dyn Report, SpecError> {
    let found = report::ALL.iter().find(|one| one.name() == name).copied();
    let known = || report::ALL.iter().map(|one| one.name());
    found.ok_or_else(|| SpecError::unknown("format", name, known()))
}

pub(crate) fn strategies() -> Vec<CompletionCandidate> {
    candidates(strategy::ALL.iter().map(|one| (one.name(), one.about())))
}

/// The strategies, and `all`.
pub(crate) fn strategy_lists() -> Vec<CompletionCandidate> {
    strategies()
        .into_iter()
        .chain(candidates([("all", "all strategies")]))
        .collect()
}

pub(crate) fn formats() -> Vec<CompletionCandidate> {
    report::ALL
        .iter()
        .map(|one| CompletionCandidate::new(one.name()))
        .collect()
}

pub(crate) fn latencies() -> Vec<CompletionCandidate> {
    candidates(latency::FAMILY.iter().map(|one| (one.example, one.about)))
}

pub(crate) fn faults() -> Vec<CompletionCandidate> {
    candidates(fault::FAMILY.iter().map(|one| (one.example, one.about)))
}

/// Names with descriptions.
fn candidates<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<CompletionCandidate> {
    let candidate = |(name, about): (&str, &str)| {
        CompletionCandidate::new(name).help(Some(about.to_owned().into()))
    };
    all.into_iter().map(candidate).collect()
}
