//! The JSON lines that a server writes as the child process of `flagpole compare`.

use super::listeners::RunningListener;
use crate::process::resource_usage;
use crate::process::server_process::Ready;
use anyhow::{Context as _, Result};
use flagpole_protocol::Ledger;
use serde::Serialize;

/// The sums of all reports to the parent process so far.
#[derive(Default)]
pub(super) struct ReportedTotals {
    ledger: Ledger,
    cpu_us: u64,
}

/// The ledger (the counts of everything the server did) and the CPU time since the previous report.
#[derive(Serialize)]
struct ChildReport {
    #[serde(flatten)]
    ledger: Ledger,
    cpu_us: u64,
}

impl ReportedTotals {
    /// The line that reports the difference to the previous report. `ledger` counts from the start of the server.
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

/// The line that reports the URL when the server accepts connections.
pub(super) fn ready(running: &[RunningListener]) -> Result<String> {
    let first = running.first().context("no server was started")?;
    let url = first.server.url();
    Ok(serde_json::to_string(&Ready { url })? + "\n")
}
