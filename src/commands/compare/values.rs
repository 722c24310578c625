//! Parsers of option values that only `compare` has.

use crate::options::{strategy_names, value_parsers};
use flagpole_analysis::report::{self, Report};
use flagpole_client::{Strategy, strategy};
use std::num::NonZeroUsize;

/// The strategies of a value of `--strategy`: one strategy, or all.
#[derive(Clone)]
pub(super) struct StrategyList(pub(super) Vec<&'static dyn Strategy>);

pub(super) fn strategies(name: &str) -> Result<StrategyList, String> {
    if name == "all" {
        return Ok(StrategyList(strategy::ALL.to_vec()));
    }
    strategy_names::parse_strategy(name).map(|strategy| StrategyList(vec![strategy]))
}

pub(super) fn count(text: &str) -> Result<NonZeroUsize, String> {
    let count = value_parsers::count(text)?;
    Ok(NonZeroUsize::new(count).expect("a count is at least 1"))
}

pub(super) fn format(name: &str) -> Result<&'static dyn Report, String> {
    report::by_name(name).map_err(|error| error.to_string())
}
