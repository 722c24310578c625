//! The `flagpole` command.

mod commands;
mod control_client;
mod exit_status;
mod experiment;
mod interrupt;
mod interval_log;
mod load;
mod options;
mod output;
mod process;
mod run_page;
mod usage_error;
mod visible;
mod worker;

use crate::commands::{
    compare, completions, ctl, fate, get, man, merge, report, serve, strategies, trial,
};
use crate::exit_status::ExitStatus;
use crate::options::names;
use crate::usage_error::CommandLine;
use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::CompleteEnv;
use std::process::ExitCode;

/// A local HTTP server that injects latency and faults deterministically, and a harness that compares download
/// strategies
#[derive(Parser)]
#[command(
    version,
    max_term_width = names::MAX_WIDTH,
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
    Compare(Box<compare::CompareArgs>),
    Load(Box<commands::load::LoadArgs>),
    Worker(commands::worker::WorkerArgs),
    Merge(merge::MergeArgs),
    Report(report::ReportArgs),
    Ctl(ctl::CtlArgs),
    /// List strategies (how downloads run concurrently)
    #[command(after_help = "Examples:
  flagpole strategies
  flagpole get --strategy threads")]
    Strategies,
    /// Run one strategy once, as described on standard input (used by `flagpole compare`)
    #[command(hide = true)]
    Trial,
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

fn main() -> ExitCode {
    let completion = CompleteEnv::with_factory(|| completions::without_hidden(&Cli::command()));
    completion.var(completions::VARIABLE).complete();
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) => return CommandLine::current(&Cli::command()).report(&error).into(),
    };
    let result = match command {
        Command::Serve(args) => args.run(),
        Command::Fate(args) => args.run(),
        Command::Get(args) => args.run(),
        Command::Compare(args) => args.run(),
        Command::Load(args) => args.run(),
        Command::Worker(args) => args.run(),
        Command::Merge(args) => args.run(),
        Command::Report(args) => args.run(),
        Command::Ctl(args) => args.run(),
        Command::Strategies => strategies::run(),
        Command::Trial => trial::run(),
        Command::Completions(args) => args.run(),
        Command::Man(args) => args.run(&Cli::command()),
    };
    let status = result.unwrap_or_else(|error| {
        let line = CommandLine::current(&Cli::command());
        output::error(&line.as_typed(&format!("{error:#}")));
        ExitStatus::CouldNotStart
    });
    status.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_of_an_option_has_about_ten_words_before_details() {
        let flagpole = Cli::command();
        let is_own =
            |argument: &clap::Arg| !["help", "version"].contains(&argument.get_id().as_str());
        let nested = flagpole
            .get_subcommands()
            .flat_map(clap::Command::get_subcommands);
        for command in flagpole.get_subcommands().chain(nested) {
            for argument in command.get_arguments().filter(|one| is_own(one)) {
                let help = argument
                    .get_help()
                    .expect("every option has help")
                    .to_string();
                let sentence = help.split([':', ';', '[']).next().unwrap_or_default();
                let words = sentence.split_whitespace().count();
                assert!(
                    words <= 11,
                    "{} {}: {help}",
                    command.get_name(),
                    argument.get_id()
                );
            }
        }
    }
}
