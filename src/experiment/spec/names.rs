//! Values of an experiment file that are written as text: seeds, and names of strategies.

use crate::options::{strategy_names, value_parsers};
use flagpole_client::Strategy;
use std::fmt;
use std::str::FromStr;

/// The seed of delays, faults and the order of trials.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Seed(pub(crate) u64);

/// A strategy by its name.
#[derive(Clone, Copy)]
pub(crate) struct StrategyName(pub(crate) &'static dyn Strategy);

impl FromStr for Seed {
    type Err = String;

    fn from_str(text: &str) -> Result<Seed, String> {
        value_parsers::seed(text).map(Seed)
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for StrategyName {
    type Err = String;

    fn from_str(text: &str) -> Result<StrategyName, String> {
        strategy_names::parse_strategy(text).map(StrategyName)
    }
}

impl fmt::Display for StrategyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}
