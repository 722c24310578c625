//! Errors of the command line in one line, with each option as the user typed it.

use crate::commands::load::hints;
use crate::exit_status::ExitStatus;
use crate::output;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{Arg, Command};
use flagpole_protocol::{SpecError, did_you_mean};
use std::env;
use std::error::Error as _;

/// The words of a command line and the command that they call.
pub(crate) struct CommandLine {
    /// The subcommand, such as `serve` or `ctl profile`, or `flagpole` itself.
    command: Command,
    words: Vec<String>,
}

impl CommandLine {
    /// The command line of this process, which calls the command `flagpole`.
    pub(crate) fn current(flagpole: &Command) -> CommandLine {
        let words = env::args_os().skip(1);
        let words = words.map(|word| word.to_string_lossy().into_owned());
        CommandLine::new(flagpole, words.collect())
    }

    fn new(flagpole: &Command, words: Vec<String>) -> CommandLine {
        let mut command = flagpole;
        let mut bin_name = "flagpole".to_owned();
        for word in &words {
            let Some(subcommand) = command.find_subcommand(word) else {
                break;
            };
            command = subcommand;
            bin_name = format!("{bin_name} {}", command.get_name());
        }
        let command = command.clone().bin_name(bin_name);
        CommandLine { command, words }
    }

    /// Prints help and version to standard output, errors to standard error.
    pub(crate) fn report(&self, error: &Error) -> ExitStatus {
        if !error.use_stderr() {
            // A reader that closed the pipe is not an error.
            let _ = error.print();
            return ExitStatus::Success;
        }
        if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            output::note(error.render().to_string().trim_end());
        } else {
            output::error(&self.as_typed(&self.sentence(error)));
        }
        ExitStatus::CouldNotStart
    }

    fn sentence(&self, error: &Error) -> String {
        let argument = first(error, ContextKind::InvalidArg).unwrap_or_default();
        let name = argument_name(argument);
        if let Some(reason) = error.source() {
            return format!("{name}: {reason}");
        }
        let mut near = None;
        let sentence = match error.kind() {
            ErrorKind::InvalidValue => return invalid_value(error, name),
            ErrorKind::UnknownArgument if self.hint(argument).is_some() => {
                let hint = self.hint(argument).unwrap_or_default();
                format!("unknown option `{argument}`: {hint}")
            }
            ErrorKind::UnknownArgument if argument.starts_with('-') => {
                let longs = self.command.get_arguments().filter_map(Arg::get_long);
                let long = did_you_mean(argument.trim_start_matches('-'), longs);
                near = long.map(|long| format!("--{long}"));
                format!("unknown option `{argument}`")
            }
            ErrorKind::UnknownArgument => format!("unexpected argument `{argument}`"),
            ErrorKind::InvalidSubcommand => {
                let command = first(error, ContextKind::InvalidSubcommand).unwrap_or_default();
                let known = self.command.get_subcommands();
                let shown = known.filter(|one| !one.is_hide_set());
                near = did_you_mean(command, shown.map(Command::get_name)).map(str::to_owned);
                format!("unknown command `{command}`")
            }
            ErrorKind::ArgumentConflict => self.conflict(error, name),
            ErrorKind::MissingRequiredArgument => format!("missing {name}"),
            _ => {
                let text = error.render().to_string();
                let first = text.lines().next().unwrap_or_default();
                let first = first.strip_prefix("error: ").unwrap_or(first);
                first.replace('\'', "`")
            }
        };
        let command = self.command.get_bin_name().unwrap_or_default();
        let see = format!("`{command} --help`");
        match near {
            Some(near) => format!("{sentence}; did you mean `{near}`? See {see}"),
            None => format!("{sentence}; see {see}"),
        }
    }

    /// What to use instead of an option of other load generators.
    fn hint(&self, option: &str) -> Option<&'static str> {
        let is_load = self.command.get_name() == "load";
        is_load.then(|| hints::for_option(option)).flatten()
    }

    /// Says which arguments exclude each other.
    fn conflict(&self, error: &Error, name: &str) -> String {
        let others = all(error, ContextKind::PriorArg);
        let others: Vec<_> = others.into_iter().map(argument_name).collect();
        if others == [name] {
            return format!("{name}: expected only once");
        }
        // clap names all options of a group.
        let is_given = |other: &&str| !other.starts_with('-') || self.given(other).is_some();
        let others = others.iter().copied().filter(is_given);
        let others: Vec<_> = others.map(|other| self.as_typed(other)).collect();
        let (name, others) = (self.as_typed(name), others.join("`, `"));
        format!("`{name}` cannot be used with `{others}`")
    }

    /// The sentence, which begins with a long option, with the name by which the user gave this option. An option that
    /// the user did not give is left out, as its value is a default or comes from a file.
    pub(crate) fn as_typed(&self, sentence: &str) -> String {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let end = sentence.find(|c| !is_name(c)).unwrap_or(sentence.len());
        let (name, rest) = sentence.split_at(end);
        match (self.given(name), self.option(name), rest.strip_prefix(": ")) {
            (Some(typed), ..) => format!("{typed}{rest}"),
            (None, Some(_), Some(reason)) => reason.to_owned(),
            _ => sentence.to_owned(),
        }
    }

    /// The option with this name, such as `--fault`.
    fn option(&self, name: &str) -> Option<&Arg> {
        let name = name.strip_prefix("--")?;
        let mut arguments = self.command.get_arguments();
        arguments.find(|one| one.get_long() == Some(name))
    }

    /// The name by which an option was last given.
    fn given(&self, name: &str) -> Option<String> {
        let option = self.option(name)?;
        let words = self.words.iter().take_while(|word| *word != "--");
        words
            .filter_map(|word| typed_name(&self.command, option, word))
            .last()
    }
}

/// The name of an option in a word such as `--flags=3` or `-vn3`.
fn typed_name(command: &Command, option: &Arg, word: &str) -> Option<String> {
    if let Some(long) = word.strip_prefix("--") {
        let name = long.split('=').next().unwrap_or_default();
        let aliases = option.get_all_aliases().unwrap_or_default();
        let is_name = option.get_long() == Some(name) || aliases.contains(&name);
        return is_name.then(|| format!("--{name}"));
    }
    let has_short = |argument: &Arg, short: char| {
        let aliases = argument.get_all_short_aliases().unwrap_or_default();
        argument.get_short() == Some(short) || aliases.contains(&short)
    };
    // What follows an option that takes a value is the value.
    let takes_value = |short: char| {
        let mut arguments = command.get_arguments();
        arguments.any(|one| has_short(one, short) && one.get_action().takes_values())
    };
    let mut letters = word.strip_prefix('-')?.chars();
    let short = letters.find(|&short| has_short(option, short) || takes_value(short))?;
    has_short(option, short).then(|| format!("-{short}"))
}

/// A sentence about an argument whose value is missing or is not one of the known values.
fn invalid_value(error: &Error, name: &str) -> String {
    match first(error, ContextKind::InvalidValue) {
        None | Some("") => format!("{name}: a value is required"),
        Some(got) => {
            let known = all(error, ContextKind::ValidValue);
            format!("{name}: {}", SpecError::unknown("value", got, known))
        }
    }
}

/// The argument as users type it: `--fault` for `--fault <SPEC>`, `CC` for `[CC]...`, `SHELL` for `<SHELL>`.
fn argument_name(argument: &str) -> &str {
    let first = argument.split(' ').next().unwrap_or_default();
    first
        .trim_start_matches(['[', '<'])
        .trim_end_matches(['.', ']', '>'])
}

/// The texts of this kind in an error.
fn all(error: &Error, kind: ContextKind) -> Vec<&str> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text],
        Some(ContextValue::Strings(texts)) => texts.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

fn first(error: &Error, kind: ContextKind) -> Option<&str> {
    all(error, kind).first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cli;
    use clap::CommandFactory as _;

    fn command_line(line: &str) -> CommandLine {
        CommandLine::new(
            &Cli::command(),
            line.split_whitespace().map(str::to_owned).collect(),
        )
    }

    fn error(line: &str) -> String {
        let words = ["flagpole"].into_iter().chain(line.split_whitespace());
        let error = Cli::command().try_get_matches_from(words).unwrap_err();
        let line = command_line(line);
        line.as_typed(&line.sentence(&error))
    }

    #[test]
    fn usage_errors_point_to_the_help_of_the_subcommand() {
        for (line, sentence) in [
            ("frob", "unknown command `frob`; see `flagpole --help`"),
            (
                "srve",
                "unknown command `srve`; did you mean `serve`? See `flagpole --help`",
            ),
            (
                "serve --falt 404",
                "unknown option `--falt`; did you mean `--fault`? See `flagpole serve --help`",
            ),
            (
                "get --frobnicate",
                "unknown option `--frobnicate`; see `flagpole get --help`",
            ),
            (
                "serve x",
                "unexpected argument `x`; see `flagpole serve --help`",
            ),
            (
                "ctl rest",
                "unknown command `rest`; did you mean `reset`? See `flagpole ctl --help`",
            ),
            (
                "ctl reset --drian 1s",
                "unknown option `--drian`; did you mean `--drain`? See `flagpole ctl reset --help`",
            ),
            (
                "completions",
                "missing SHELL; see `flagpole completions --help`",
            ),
            (
                "compare --url http://x --seed 3 --latency 5ms",
                "`--url` cannot be used with `--seed`, `--latency`; see `flagpole compare --help`",
            ),
            (
                "get -a BR",
                "`-a` cannot be used with `CC`; see `flagpole get --help`",
            ),
            (
                "get -sERROR --url http://x",
                "`-s` cannot be used with `--url`; see `flagpole get --help`",
            ),
            (
                "get --dest a --dest b",
                "--dest: expected only once; see `flagpole get --help`",
            ),
        ] {
            assert_eq!(error(line), sentence);
        }
    }

    #[test]
    fn errors_name_the_option_as_it_was_typed() {
        for (line, name) in [
            ("fate -n 0", "-n"),
            ("fate -n0", "-n"),
            ("fate --times=0", "--times"),
            ("compare --repeat 0", "--repeat"),
            ("get -vm 0", "-m"),
            ("get --max_req=0 -v", "--max_req"),
            ("get BR --dest", "--dest"),
            ("get B1", "CC"),
        ] {
            assert!(
                error(line).starts_with(&format!("{name}: ")),
                "{}",
                error(line)
            );
        }
        let late = command_line("compare -c 5 mine.toml").as_typed("--concurrency: duplicate `5`");
        assert_eq!(late, "-c: duplicate `5`");
        // The `c` of a value is not the option `-c`.
        let line = command_line("get --concurrency 5 -slocal");
        assert_eq!(line.as_typed("--concurrency: x"), "--concurrency: x");
    }

    #[test]
    fn options_that_were_not_typed_are_not_named() {
        let port = command_line("serve --seed 3").as_typed("--port: port 8000 is taken");
        assert_eq!(port, "port 8000 is taken");
    }

    #[test]
    fn values_near_a_known_one_are_suggested() {
        let unknown = error("fate --format x");
        assert_eq!(
            unknown,
            "--format: unknown value `x`; known: text, csv, json"
        );
    }
}
