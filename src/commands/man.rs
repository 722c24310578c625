//! `flagpole man`: manual pages.

use crate::exit_status::ExitStatus;
use crate::output;
use anyhow::Result;
use clap::{Arg, ArgAction, Args, Command};
use clap_mangen::Man;
use std::iter;

/// The exit status of every command, in roff.
const EXIT_STATUS: [(&str, &str); 4] = [
    ("0", "The command did what was asked."),
    ("1", "Something failed, or a threshold was crossed."),
    ("2", "The command could not start, as after invalid input."),
    ("3", "The measurement is not valid."),
];

/// The files of `flagpole get`, in roff.
const GET_FILES: [(&str, &str); 2] = [
    (
        "downloaded/",
        "The flags, unless \\-\\-dest names another folder.",
    ),
    (
        "downloaded/br.gif.part",
        "The bytes of an incomplete flag, which \\-\\-resume continues.",
    ),
];

/// Print a manual page
#[derive(Args)]
#[command(after_help = "Examples:
  flagpole man | man -l -
  flagpole man serve > flagpole-serve.1")]
pub(crate) struct ManArgs {
    /// Print the page of this subcommand, such as `serve` [default: flagpole itself]
    #[arg(hide_possible_values = true, value_parser = [
        "serve", "fate", "get", "compare", "load", "worker", "merge", "report", "ctl", "ctl-profile", "ctl-reset", "ctl-ledger", "ctl-journal", "ctl-verify",
        "strategies", "completions", "man", "help",
    ])]
    topic: Option<String>,
}

impl ManArgs {
    /// Prints a page of `flagpole`.
    pub(crate) fn run(self, flagpole: &Command) -> Result<ExitStatus> {
        let topic = self.topic.unwrap_or_default();
        let mut command = flagpole.clone().bin_name("flagpole");
        // `flagpole help` is about `flagpole` itself.
        for name in topic.split('-') {
            if let Some(subcommand) = command.find_subcommand(name) {
                let bin_name = format!("{} {name}", command.get_bin_name().unwrap_or_default());
                let display_name = bin_name.replace(' ', "-");
                command = subcommand
                    .clone()
                    .bin_name(bin_name)
                    .display_name(display_name);
            }
        }
        output::result(&page(flagpole, command)?)?;
        Ok(ExitStatus::Success)
    }
}

fn page(flagpole: &Command, command: Command) -> Result<String> {
    let is_get = command.get_name() == "get";
    let has_subcommands = command.has_subcommands();
    let synopsis = synopsis(&command);
    let notes = command.get_after_help();
    let notes = notes.map(ToString::to_string).unwrap_or_default();
    let see_also = see_also(flagpole, command.get_name());
    let man = Man::new(command).source(format!("flagpole {}", env!("CARGO_PKG_VERSION")));
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    text.extend(synopsis.bytes());
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if has_subcommands {
        man.render_subcommands_section(&mut text)?;
    }
    let mut text = String::from_utf8(text)?;
    text.push_str(".SH NOTES\n");
    // `clap_mangen` would run the lines together in one paragraph.
    text.extend(notes.lines().map(to_roff));
    text += &section("EXIT STATUS", &EXIT_STATUS);
    if is_get {
        text += &section("FILES", &GET_FILES);
    }
    Ok(text + &see_also)
}

/// A section of names with descriptions.
fn section(heading: &str, entries: &[(&str, &str)]) -> String {
    let entries = entries
        .iter()
        .map(|(name, about)| format!(".TP\n{name}\n{about}\n"));
    format!(".SH {heading}\n{}", entries.collect::<String>())
}

/// The options with their values, then the positional arguments in their order.
fn synopsis(command: &Command) -> String {
    let name = command.get_bin_name().unwrap_or_default();
    let mut text = format!(".SH SYNOPSIS\n.ad l\n.nh\n\\fB{name}\\fR\n");
    let shown = command.get_arguments().filter(|one| !one.is_hide_set());
    let (positionals, options): (Vec<_>, Vec<_>) = shown.partition(|one| one.is_positional());
    for argument in options.into_iter().chain(positionals) {
        text.push_str(&usage(argument).replace('-', "\\-"));
    }
    if command.has_subcommands() {
        text.push_str("\\fICOMMAND\\fR\n");
    }
    text + ".hy\n.ad b\n"
}

fn usage(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    let value = names.join(" ");
    let short = argument.get_short().map(|one| format!("\\fB-{one}\\fR"));
    let long = argument.get_long().map(|long| format!("\\fB--{long}\\fR"));
    let option = short.into_iter().chain(long).collect::<Vec<_>>().join("|");
    let usage = match (option.as_str(), argument.get_action().takes_values()) {
        ("", _) => format!("\\fI{value}\\fR"),
        (option, false) => option.to_owned(),
        (option, true) => format!("{option} \\fI{value}\\fR"),
    };
    let usage = if argument.is_required_set() {
        usage
    } else {
        format!("[{usage}]")
    };
    let is_repeatable = matches!(argument.get_action(), ArgAction::Append);
    usage + if is_repeatable { "...\n" } else { "\n" }
}

/// The other pages.
fn see_also(flagpole: &Command, name: &str) -> String {
    let shown = flagpole.get_subcommands().filter(|one| !one.is_hide_set());
    let pages = shown.map(|one| (one.get_name(), format!("flagpole\\-{}", one.get_name())));
    let pages = iter::once(("flagpole", "flagpole".to_owned())).chain(pages);
    let others = pages.filter(|(other, _)| *other != name);
    let others: Vec<_> = others.map(|(_, page)| format!(".BR {page} (1)")).collect();
    format!(".SH SEE ALSO\n{}\n", others.join(",\n"))
}

/// A line in roff: a heading, a name with its description, the rest of a description, an example, or text.
fn to_roff(line: &str) -> String {
    match (line.strip_prefix("  "), line.strip_suffix(':')) {
        (Some(rest), _) if rest.starts_with(' ') => format!("{}\n", rest.trim_start()),
        (Some(indented), _) => match indented.split_once("  ") {
            Some((name, about)) if !name.contains(' ') => {
                format!(".TP\n\\fB{name}\\fR\n{}\n", about.trim_start())
            }
            _ => format!(".nf\n{line}\n.fi\n"),
        },
        (None, Some(heading)) => format!(".SS {heading}\n"),
        (None, None) if line.is_empty() => String::new(),
        (None, None) => format!("{line}\n"),
    }
}
