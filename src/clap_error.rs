//! What a person is told who got the command line wrong: one line that says what is wrong with what.

use crate::{COULD_NOT_START, output as print};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::error::Error as _;
use std::process::ExitCode;

/// Prints help and version as asked for, and everything else as an error.
pub(crate) fn report(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Nobody is left to tell if the reader of the help has gone.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        // Its last line has an end of its own.
        print::note(error.render().to_string().trim_end());
    } else {
        print::note(&format!("flagpole: {}", sentence(error)));
    }
    ExitCode::from(COULD_NOT_START)
}

/// The error in one line.
pub(crate) fn sentence(error: &clap::Error) -> String {
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => {
            Some(argument.split(' ').next().unwrap_or_default())
        }
        _ => None,
    };
    // A value that our own parser refused: the parser's sentence, behind the argument's name.
    if let (Some(argument), Some(reason)) = (argument, error.source()) {
        return format!("{}: {reason}", named(argument));
    }
    if let (Some(argument), Some(ContextValue::String(got))) =
        (argument, error.get(ContextKind::InvalidValue))
        && got.is_empty()
    {
        return format!("{}: a value is required", named(argument));
    }
    // A word that is none of a closed set.
    if let (Some(argument), Some(got), Some(ContextValue::Strings(known))) = (
        argument,
        error.get(ContextKind::InvalidValue),
        error.get(ContextKind::ValidValue),
    ) {
        return format!(
            "{}: unknown value `{got}`; known: {}",
            named(argument),
            known.join(", ")
        );
    }
    if let (ErrorKind::MissingRequiredArgument, Some(ContextValue::Strings(missing))) =
        (error.kind(), error.get(ContextKind::InvalidArg))
    {
        return format!("missing {}", missing.join(", "));
    }
    let text = error.render().to_string();
    let first = text.lines().next().unwrap_or_default();
    let first = first
        .strip_prefix("error: ")
        .unwrap_or(first)
        .replace('\'', "`");
    format!("{first}; see `flagpole --help`")
}

/// The argument as a person types it: `--fault`, or `CC` for `[CC]...`, `SHELL` for `<SHELL>`.
fn named(argument: &str) -> &str {
    argument
        .trim_start_matches(['[', '<'])
        .trim_end_matches(['.', ']', '>'])
}
