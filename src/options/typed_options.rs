//! Which options the user gave, for errors that name the option or the key of a file that caused them.

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches, Id};

/// The identifiers of the options that were given, such as `fail_if` for `--fail-if`. Flattened into the options of a
/// command, as their first field: the fields after it remove their values from the matches.
#[derive(Clone, Debug, Default)]
pub(crate) struct TypedOptions(Vec<String>);

impl TypedOptions {
    /// Whether the option with this long name, such as `--fail-if`, was given.
    pub(crate) fn contains(&self, name: &str) -> bool {
        let name = name.trim_start_matches("--").replace('-', "_");
        self.0.contains(&name)
    }
}

impl FromArgMatches for TypedOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<TypedOptions, Error> {
        let names = matches.ids().map(Id::as_str);
        let typed = names.filter(|id| matches.value_source(id) == Some(ValueSource::CommandLine));
        Ok(TypedOptions(typed.map(str::to_owned).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = TypedOptions::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Adds no options.
impl Args for TypedOptions {
    fn augment_args(command: Command) -> Command {
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        command
    }
}
