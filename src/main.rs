//! flagpole, the command: a table of contents.

mod clap_error;
mod commands;
mod experiment;
mod interrupt;
mod options;
mod output;
mod process;

use crate::commands::{compare, fate, get, man, serve, strategies, trial};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// A local flag server that misbehaves on purpose, the same way every time, and a harness that
/// measures how download strategies cope with it.
#[derive(Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 all as asked, 1 something failed, \
    2 could not start, 3 the measurement is not valid."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Serve),
    Fate(fate::Fate),
    Get(get::Get),
    Compare(compare::Compare),
    Strategies(strategies::Strategies),
    #[command(hide = true)]
    Trial(trial::Trial),
    Completions(man::Completions),
    Man(man::Man),
}

/// What was asked for was done: 0. It was done and something failed: 1.
const SOMETHING_FAILED: u8 = 1;
/// The command could not start.
const COULD_NOT_START: u8 = 2;
/// It was done, but what was measured does not hold.
const NOT_VALID: u8 = 3;

fn main() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) => return clap_error::report(&error),
    };
    let done = match command {
        Command::Serve(serve) => serve.run(),
        Command::Fate(fate) => fate.run(),
        Command::Get(get) => get.run(),
        Command::Compare(compare) => compare.run(),
        Command::Strategies(strategies) => strategies.run(),
        Command::Trial(trial) => trial.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
    };
    done.unwrap_or_else(|error| {
        output::note(&format!("flagpole: {error:#}"));
        ExitCode::from(COULD_NOT_START)
    })
}
