//! Strategies by name.

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command};
use flagpole_client::{Strategy, strategy};
use std::ffi::OsStr;

pub(crate) fn parse_strategy(name: &str) -> Result<&'static dyn Strategy, String> {
    strategy::by_name(name).map_err(|error| error.to_string())
}

/// A value parser for names, which lists all names with their descriptions for shell completions.
#[derive(Clone)]
pub(crate) struct NamedValues<T> {
    parse: fn(&str) -> Result<T, String>,
    /// Name and description.
    all: fn() -> Vec<(&'static str, &'static str)>,
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for NamedValues<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        self.parse.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue>>> {
        let all = (self.all)().into_iter();
        Some(Box::new(
            all.map(|(name, about)| PossibleValue::new(name).help(about)),
        ))
    }
}

/// The value parser of `--strategy`.
pub(crate) fn strategy_names() -> NamedValues<&'static dyn Strategy> {
    NamedValues {
        parse: parse_strategy,
        all: || {
            let all = strategy::ALL.iter();
            all.map(|one| (one.name(), one.about())).collect()
        },
    }
}
