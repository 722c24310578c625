//! `flagpole ctl`: watches and changes a running server by its control plane.

mod control_option;
mod journal;
mod ledger;
mod profile;
mod reset;
#[cfg(test)]
mod tests;
mod verify;

use crate::exit_status::ExitStatus;
use anyhow::Result;
use clap::{Args, Subcommand};

/// Watch and change a running server by its control plane
///
/// Start the server with `flagpole serve --control 127.0.0.1:9000`. Each subcommand needs the address of the control plane, from
/// --control or from the environment variable `FLAGPOLE_CONTROL`.
#[derive(Args)]
#[command(after_help = "Examples:
  flagpole ctl ledger --control 127.0.0.1:9000
  flagpole ctl profile --set flaky
  flagpole ctl profile --patch '{\"latency\":\"50ms\"}' --listener DELAY
  flagpole ctl reset --drain 1s
  flagpole ctl journal --wait 2 --timeout 5s
  flagpole ctl verify --method GET --path '/flags/**' --count 2")]
pub(crate) struct CtlArgs {
    #[command(subcommand)]
    command: CtlCommand,
}

#[derive(Subcommand)]
enum CtlCommand {
    Profile(profile::ProfileArgs),
    Reset(reset::ResetArgs),
    Ledger(ledger::LedgerArgs),
    Journal(Box<journal::JournalArgs>),
    Verify(Box<verify::VerifyArgs>),
}

impl CtlArgs {
    pub(crate) fn run(self) -> Result<ExitStatus> {
        match self.command {
            CtlCommand::Profile(args) => args.run(),
            CtlCommand::Reset(args) => args.run(),
            CtlCommand::Ledger(args) => args.run(),
            CtlCommand::Journal(args) => args.run(),
            CtlCommand::Verify(args) => args.run(),
        }
    }
}
