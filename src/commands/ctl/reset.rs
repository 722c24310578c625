//! `flagpole ctl reset`: lets a server forget earlier requests.

use super::control_option::{ControlOption, TIMEOUT};
use super::ledger::{self, LedgerFormat};
use crate::control_client::call::ControlCall;
use crate::exit_status::ExitStatus;
use anyhow::Result;
use clap::Args;
use flagpole_protocol::ControlOperation;
use flagpole_protocol::spec::{self, DurationDisplay};
use std::time::Duration;

/// Forget earlier requests (numbers, limits, ledger, journal in memory)
///
/// Prints the ledger until then.
#[derive(Args)]
#[command(after_help = "Examples:
  flagpole ctl reset
  flagpole ctl reset --drain 1s --format json")]
pub(super) struct ResetArgs {
    #[command(flatten)]
    control: ControlOption,

    /// Reset only the listener with this name or port
    #[arg(long, value_name = "NAME|PORT")]
    listener: Option<String>,

    /// Wait at most this long until all connections are closed
    #[arg(long, value_name = "DURATION", value_parser = spec::duration)]
    drain: Option<Duration>,

    /// Write this output format
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    format: LedgerFormat,
}

impl ResetArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        let timeout = TIMEOUT + self.drain.unwrap_or_default();
        ledger::print_ledgers(&self.control.client()?, &self.call(), timeout, self.format)
    }

    pub(super) fn call(&self) -> ControlCall {
        ControlCall::new(ControlOperation::Reset)
            .parameter("listener", self.listener.as_ref())
            .parameter("drain", self.drain.map(DurationDisplay))
    }
}
