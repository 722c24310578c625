//! `flagpole strategies`: a list of strategies.

use crate::exit_status::ExitStatus;
use crate::output;
use anyhow::Result;
use flagpole_client::strategy;
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
    output::result(&text)?;
    Ok(ExitStatus::Success)
}
