//! `flagpole completions` and `flagpole man`: what a shell and `man` want to know.

use crate::output as print;
use anyhow::{Result, anyhow};
use clap::{Args, Command, CommandFactory as _};
use clap_complete::Shell;
use std::process::ExitCode;

/// Print completions for a shell
#[derive(Args)]
#[command(after_help = "Examples:
  flagpole completions bash > ~/.local/share/bash-completion/completions/flagpole
  flagpole completions zsh > ~/.zfunc/_flagpole    # with ~/.zfunc in fpath
  flagpole completions fish > ~/.config/fish/completions/flagpole.fish")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

/// Print the manual page of flagpole or of one of its commands
#[derive(Args)]
#[command(after_help = "Examples:
  flagpole man | man -l -
  flagpole man serve > flagpole-serve.1")]
pub(crate) struct Man {
    /// The command; flagpole itself if none is named
    command: Option<String>,
}

impl Completions {
    /// Prints them.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut shown(), "flagpole", &mut text);
        print::result(&String::from_utf8_lossy(&text))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// flagpole without the commands that are for itself alone: completions would offer hidden ones too.
fn shown() -> Command {
    let whole = crate::Cli::command();
    let commands = whole.get_subcommands();
    let commands = commands.filter(|command| !command.is_hide_set()).cloned();
    Command::new("flagpole")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommands(commands)
}

impl Man {
    /// Prints it.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let whole = crate::Cli::command();
        let page = match &self.command {
            None => whole,
            Some(name) => {
                let known = || {
                    whole
                        .get_subcommands()
                        .filter(|command| !command.is_hide_set())
                        .map(Command::get_name)
                        .collect::<Vec<_>>()
                };
                let found = whole.find_subcommand(name).cloned();
                let found = found.ok_or_else(|| {
                    anyhow!(
                        "COMMAND: unknown command `{name}`; known: {}",
                        known().join(", ")
                    )
                })?;
                let bin_name = format!("flagpole {name}");
                found
                    .bin_name(bin_name.clone())
                    .display_name(bin_name.replace(' ', "-"))
            }
        };
        let mut text = Vec::new();
        let version = format!("flagpole {}", env!("CARGO_PKG_VERSION"));
        clap_mangen::Man::new(page)
            .source(version)
            .render(&mut text)?;
        print::result(&with_notes(&String::from_utf8_lossy(&text)))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The page with what stands at the end of a command's help as notes, in the language of manuals: clap has it
/// filled as one text, columns and all.
fn with_notes(page: &str) -> String {
    let Some((before, rest)) = page.split_once(".SH EXTRA\n") else {
        return page.to_owned();
    };
    let end = rest.find("\n.SH ").map_or(rest.len(), |end| end + 1);
    let (notes, behind) = rest.split_at(end);
    let notes: String = notes.lines().map(note).collect();
    format!("{before}.SH NOTES\n{notes}{behind}")
}

/// A line of it: a heading, a name with what it is, an example, or text.
fn note(line: &str) -> String {
    match (line.strip_prefix("  "), line.strip_suffix(':')) {
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
