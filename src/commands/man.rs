//! `flagpole man`: manual pages.

use crate::exit_status::ExitStatus;
use crate::output;
use anyhow::Result;
use clap::{Args, Command};

/// Print a manual page
#[derive(Args)]
#[command(after_help = "Examples:
  flagpole man | man -l -
  flagpole man serve > flagpole-serve.1")]
pub(crate) struct ManArgs {
    /// Print the page of this subcommand, such as `serve` [default: flagpole itself]
    #[arg(hide_possible_values = true, value_parser = [
        "serve", "fate", "get", "compare", "strategies", "completions", "man", "help",
    ])]
    topic: Option<String>,
}

impl ManArgs {
    /// Prints a page of `flagpole`.
    pub(crate) fn run(self, flagpole: &Command) -> Result<ExitStatus> {
        let topic = self
            .topic
            .as_deref()
            .and_then(|name| flagpole.find_subcommand(name));
        // `flagpole help` is about `flagpole` itself.
        let command = topic.map_or(flagpole.clone(), |topic| {
            let name = topic.get_name();
            let command = topic.clone().bin_name(format!("flagpole {name}"));
            command.display_name(format!("flagpole-{name}"))
        });
        let mut text = Vec::new();
        let version = format!("flagpole {}", env!("CARGO_PKG_VERSION"));
        clap_mangen::Man::new(command)
            .source(version)
            .render(&mut text)?;
        output::result(&with_notes(&String::from_utf8_lossy(&text)))?;
        Ok(ExitStatus::Success)
    }
}

/// Renames the section EXTRA, which holds `after_help`, to NOTES, and formats its lines as roff: `clap_mangen` would
/// run them together in one paragraph.
fn with_notes(page: &str) -> String {
    let Some((before, rest)) = page.split_once(".SH EXTRA\n") else {
        return page.to_owned();
    };
    let end = rest.find("\n.SH ").map_or(rest.len(), |end| end + 1);
    let (notes, after) = rest.split_at(end);
    let notes: String = notes.lines().map(to_roff).collect();
    format!("{before}.SH NOTES\n{notes}{after}")
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
