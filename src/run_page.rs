//! `--live`: the live page of a run, from its start to its report.

use crate::options::control_address::ControlAddress;
use crate::output;
use anyhow::{Result, anyhow};
use flagpole_analysis::html;
use flagpole_server::{RunKind, RunPage, StartError};
use std::time::Duration;

/// How long the end of the process waits for readers that have not got the report.
const REPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// Starts the page and says where it is.
pub(crate) fn start(kind: RunKind, address: &ControlAddress) -> Result<RunPage> {
    let at = address.resolve("--live")?;
    let page = RunPage::start(kind, at, address.name()).map_err(|error| match error {
        StartError::PortInUse(_) => {
            anyhow!("--live: {error}; choose another, or 0 for any free port")
        }
        _ => anyhow!("--live: {error}"),
    })?;
    let ip = page.addr().ip();
    if !ip.to_canonical().is_loopback() {
        output::note(&format!(
            "flagpole: --live: {ip} is not a loopback address: every client that reaches it can see the run"
        ));
    }
    output::note(&format!("live page at {}", page.url()));
    Ok(page)
}

/// Ends the page with the report.
pub(crate) fn finish(page: RunPage, report: String) {
    page.finish(report, html::STYLE, REPORT_TIMEOUT);
}
