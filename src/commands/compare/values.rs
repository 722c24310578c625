//! Parsers of option values that only `compare` has.

use crate::options::{strategy_names, value_parsers};
use clap_complete::engine::CompletionCandidate;
use flagpole_client::{Strategy, strategy};
use flagpole_protocol::spec::SpecError;
use std::num::NonZeroUsize;

/// The strategies of a value of `--strategy`: one strategy, or all.
#[derive(Clone)]
pub(super) struct StrategyList(pub(super) Vec<&'static dyn Strategy>);

pub(super) fn strategies(name: &str) -> Result<StrategyList, SpecError> {
    if name == "all" {
        return Ok(StrategyList(strategy::ALL.to_vec()));
    }
    let strategy = strategy_names::parse_strategy(name);
    strategy.map(|strategy| StrategyList(vec![strategy]))
}

pub(super) fn count(text: &str) -> Result<NonZeroUsize, String> {
    let count = value_parsers::count(text)?;
    Ok(NonZeroUsize::new(count).expect("a count is at least 1"))
}

pub(super) fn strategy_candidates() -> Vec<CompletionCandidate> {
    let mut candidates = strategy_names::strategy_candidates();
    candidates.push(CompletionCandidate::new("all").help(Some("All strategies".into())));
    candidates
}
