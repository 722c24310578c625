//! `flagpole ctl`: watches and changes a running server by its control plane.

mod control_option;
mod ledger;
mod profile;
mod reset;

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
  flagpole ctl reset --drain 1s")]
pub(crate) struct CtlArgs {
    #[command(subcommand)]
    command: CtlCommand,
}

#[derive(Subcommand)]
enum CtlCommand {
    Profile(profile::ProfileArgs),
    Reset(reset::ResetArgs),
    Ledger(ledger::LedgerArgs),
}

impl CtlArgs {
    pub(crate) fn run(self) -> Result<ExitStatus> {
        match self.command {
            CtlCommand::Profile(args) => args.run(),
            CtlCommand::Reset(args) => args.run(),
            CtlCommand::Ledger(args) => args.run(),
        }
    }
}
