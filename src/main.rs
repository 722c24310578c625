//! The `flagpole` command.

mod clap_error;
mod commands;
mod exit_status;
mod experiment;
mod interrupt;
mod options;
mod output;
mod process;

use crate::commands::{compare, completions, fate, get, man, serve, strategies, trial};
use crate::exit_status::ExitStatus;
use clap::{CommandFactory as _, Parser, Subcommand};
use std::process::ExitCode;

/// A local HTTP server that injects latency and faults deterministically, and a harness that compares download
/// strategies
#[derive(Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 success, 1 something failed or a threshold was crossed, \
    2 could not start, 3 the measurement is not valid.\n\
    Words such as fate, profile and round are defined in docs/glossary.md."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::ServeArgs),
    Fate(fate::FateArgs),
    Get(get::GetArgs),
    Compare(compare::CompareArgs),
    Strategies(strategies::StrategiesArgs),
    #[command(hide = true)]
    Trial(trial::TrialArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

fn main() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) => return clap_error::report(&error).into(),
    };
    let result = match command {
        Command::Serve(args) => args.run(),
        Command::Fate(args) => args.run(),
        Command::Get(args) => args.run(),
        Command::Compare(args) => args.run(),
        Command::Strategies(args) => args.run(),
        Command::Trial(args) => args.run(),
        Command::Completions(args) => args.run(&Cli::command()),
        Command::Man(args) => args.run(Cli::command()),
    };
    let status = result.unwrap_or_else(|error| {
        output::note(&format!("flagpole: {error:#}"));
        ExitStatus::CouldNotStart
    });
    status.into()
}
