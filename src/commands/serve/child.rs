//! What a server writes as the child process of `flagpole compare`: JSON lines.

use super::listeners::RunningListener;
use crate::process::resource_usage;
use crate::process::server_process::Ready;
use anyhow::{Context as _, Result};
use flagpole_protocol::Ledger;
use serde::Serialize;

/// What the parent process has been sent so far.
#[derive(Default)]
pub(super) struct ReportedTotals {
    ledger: Ledger,
    cpu_us: u64,
}

/// The ledger and the CPU time since the last report.
#[derive(Serialize)]
struct ChildReport {
    #[serde(flatten)]
    ledger: Ledger,
    cpu_us: u64,
}

impl ReportedTotals {
    /// A line with what was done since the last report.
    pub(super) fn report(&mut self, ledger: Ledger) -> Result<String> {
        let cpu_us = resource_usage::current().cpu_us();
        let report = ChildReport {
            ledger: ledger.delta_since(&self.ledger),
            cpu_us: cpu_us - self.cpu_us,
        };
        *self = ReportedTotals { ledger, cpu_us };
        Ok(serde_json::to_string(&report)? + "\n")
    }
}

/// The line that says that the server accepts connections.
pub(super) fn ready(running: &[RunningListener]) -> Result<String> {
    let first = running.first().context("no server was started")?;
    let url = first.server.url();
    Ok(serde_json::to_string(&Ready { url })? + "\n")
}
