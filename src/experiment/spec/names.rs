//! Values of an experiment file that are written as text: names of strategies.

use crate::options::strategy_names;
use flagpole_client::Strategy;
use flagpole_protocol::spec::SpecError;
use std::fmt;
use std::str::FromStr;

/// A strategy by its name.
#[derive(Clone, Copy)]
pub(crate) struct StrategyName(pub(crate) &'static dyn Strategy);

impl FromStr for StrategyName {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<StrategyName, SpecError> {
        strategy_names::parse_strategy(text).map(StrategyName)
    }
}

impl fmt::Display for StrategyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}
