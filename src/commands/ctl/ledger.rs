//! `flagpole ctl ledger`: the counts of a running server.

use super::control_option::{ControlOption, TIMEOUT};
use crate::control_client::ControlClient;
use crate::control_client::call::ControlCall;
use crate::exit_status::ExitStatus;
use crate::output;
use anyhow::Result;
use clap::{Args, ValueEnum};
use flagpole_protocol::{ControlOperation, LedgerReport};
use std::time::Duration;

/// Print the counts since the start or the last reset
#[derive(Args)]
#[command(after_help = "Examples:
  flagpole ctl ledger
  flagpole ctl ledger --listener DELAY --format json")]
pub(super) struct LedgerArgs {
    #[command(flatten)]
    control: ControlOption,

    /// Print only the listener with this name or port
    #[arg(long, value_name = "NAME|PORT")]
    listener: Option<String>,

    /// Write this output format
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    format: LedgerFormat,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum LedgerFormat {
    Text,
    Json,
}

impl LedgerArgs {
    pub(super) fn run(self) -> Result<ExitStatus> {
        print_ledgers(&self.control.client()?, &self.call(), TIMEOUT, self.format)
    }

    pub(super) fn call(&self) -> ControlCall {
        ControlCall::new(ControlOperation::ReadLedger).parameter("listener", self.listener.as_ref())
    }
}

/// Prints the ledgers with which the control plane answers a call.
pub(super) fn print_ledgers(
    client: &ControlClient,
    call: &ControlCall,
    timeout: Duration,
    format: LedgerFormat,
) -> Result<ExitStatus> {
    let body = client.call(call, timeout)?;
    let report: LedgerReport =
        serde_json::from_str(&body).map_err(|_| client.foreign(call, "another document"))?;
    output::result(&match format {
        LedgerFormat::Json => body,
        LedgerFormat::Text => text(&report),
    })?;
    Ok(ExitStatus::Success)
}

/// As `serve` prints the ledgers at its end.
fn text(report: &LedgerReport) -> String {
    let ledgers = report.listeners.iter().map(|one| {
        let name = one.name.iter().map(|name| format!("{name} "));
        format!("{}{}\n{}\n", name.collect::<String>(), one.url, one.ledger)
    });
    ledgers.collect::<Vec<_>>().join("\n")
}
