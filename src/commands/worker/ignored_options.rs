//! Options of Locust that operators and charts put on the command line of a worker, and that a worker does not need.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

/// Those that are accepted without effect: long name, short name, whether they have a value.
const IGNORED: [(&str, Option<char>, bool); 9] = [
    ("worker", None, false),
    ("otel", None, false),
    ("headless", None, false),
    ("skip-log-setup", None, false),
    ("locustfile", Some('f'), true),
    ("loglevel", Some('L'), true),
    ("logfile", None, true),
    ("processes", None, true),
    ("stop-timeout", Some('s'), true),
];

/// Accepts them all, any number of times.
#[derive(Clone, Debug)]
pub(super) struct IgnoredOptions;

impl FromArgMatches for IgnoredOptions {
    fn from_arg_matches(_: &ArgMatches) -> Result<IgnoredOptions, Error> {
        Ok(IgnoredOptions)
    }

    fn update_from_arg_matches(&mut self, _: &ArgMatches) -> Result<(), Error> {
        Ok(())
    }
}

impl Args for IgnoredOptions {
    fn augment_args(command: Command) -> Command {
        let arguments = IGNORED.map(|(name, short, has_value)| {
            let action = if has_value {
                ArgAction::Append
            } else {
                ArgAction::Count
            };
            let argument = Arg::new(name).long(name).short(short).action(action);
            argument
                .hide(true)
                .help("Has no effect: the master decides")
        });
        command.args(arguments)
    }

    fn augment_args_for_update(command: Command) -> Command {
        IgnoredOptions::augment_args(command)
    }
}
