//! `flagpole strategies`: a list of strategies and transports.

use crate::exit_status::ExitStatus;
use crate::output;
use anyhow::Result;
use flagpole_client::{TransportKind, strategy};
use std::fmt::Write as _;

/// Prints the list.
pub(crate) fn run() -> Result<ExitStatus> {
    let mut text = String::from("Strategies (default --concurrency):\n");
    for strategy in strategy::ALL {
        let (name, about) = (strategy.name(), strategy.about());
        let default = strategy.default_concurrency();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {name:<20} {about} ({default})");
    }
    text.push_str("\nTransports (--transport):\n");
    for transport in TransportKind::ALL {
        let name = transport.to_string();
        let _ = writeln!(text, "  {name:<20} {}", transport.about());
    }
    output::result(&text)?;
    Ok(ExitStatus::Success)
}
