//! Formats clap errors as one line.

use crate::exit_status::ExitStatus;
use crate::output;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::error::Error as _;

/// Prints help and version to standard output, errors to standard error.
pub(crate) fn report(error: &clap::Error) -> ExitStatus {
    if !error.use_stderr() {
        // A reader that closed the pipe is not an error.
        let _ = error.print();
        return ExitStatus::Success;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        output::note(error.render().to_string().trim_end());
    } else {
        output::note(&format!("flagpole: {}", sentence(error)));
    }
    ExitStatus::CouldNotStart
}

/// The error in one line.
pub(crate) fn sentence(error: &clap::Error) -> String {
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => Some(name(argument)),
        _ => None,
    };
    if let Some(sentence) = argument.and_then(|argument| invalid_value(error, argument)) {
        return sentence;
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

/// A sentence about an argument whose value is missing or invalid, with the reason.
fn invalid_value(error: &clap::Error, argument: &str) -> Option<String> {
    if let Some(reason) = error.source() {
        return Some(format!("{argument}: {reason}"));
    }
    let Some(ContextValue::String(got)) = error.get(ContextKind::InvalidValue) else {
        return None;
    };
    if got.is_empty() {
        return Some(format!("{argument}: a value is required"));
    }
    let Some(ContextValue::Strings(known)) = error.get(ContextKind::ValidValue) else {
        return None;
    };
    let known = known.join(", ");
    Some(format!("{argument}: unknown value `{got}`; known: {known}"))
}

/// The argument as users type it: `--fault` for `--fault <SPEC>`, `CC` for `[CC]...`, `SHELL` for `<SHELL>`.
fn name(argument: &str) -> &str {
    let first = argument.split(' ').next().unwrap_or_default();
    first
        .trim_start_matches(['[', '<'])
        .trim_end_matches(['.', ']', '>'])
}
