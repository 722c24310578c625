//! What a server as the child process of `flagpole compare` tells its parent.

use crate::process::child_process::{self, ChildMessage, ParentMessage};
use crate::process::resource_usage;
use anyhow::{Result, bail};
use flagpole_analysis::comparison::ServerSummary;
use flagpole_protocol::Ledger;
use flagpole_server::Profile;

/// The sums of all summaries so far.
#[derive(Default)]
pub(super) struct SentTotals {
    ledger: Ledger,
    cpu_us: u64,
}

impl SentTotals {
    /// Sends this ledger, and the CPU time since the previous summary.
    pub(super) fn send_next(&mut self, ledger: &Ledger) -> Result<()> {
        let cpu_us = resource_usage::current().cpu_us();
        let summary = ServerSummary::new(ledger, cpu_us - self.cpu_us);
        self.ledger += ledger;
        self.cpu_us = cpu_us;
        child_process::send(&ChildMessage::Summary(summary))
    }

    /// Sends the sum of all ledgers and of this one, and the CPU time since the start.
    pub(super) fn send_total(mut self, last: &Ledger) -> Result<()> {
        self.ledger += last;
        let cpu_us = resource_usage::current().cpu_us();
        let summary = ServerSummary::new(&self.ledger, cpu_us);
        child_process::send(&ChildMessage::Summary(summary))
    }
}

/// The profile that the parent sends.
pub(super) fn profile() -> Result<Profile> {
    match child_process::receive()? {
        ParentMessage::Profile(text) => Ok(text.parse()?),
        _ => bail!("expected the profile of a server"),
    }
}
