//! `flagpole strategies`: a list of strategies.

use crate::exit_status::ExitStatus;
use crate::output;
use anyhow::Result;
use clap::Args;
use flagpole_client::strategy;
use std::fmt::Write as _;

/// List strategies (how downloads run concurrently)
#[derive(Args)]
#[command(after_help = "Examples:
  flagpole strategies
  flagpole get --strategy threads")]
pub(crate) struct StrategiesArgs {}

impl StrategiesArgs {
    /// Prints the list.
    pub(crate) fn run(self) -> Result<ExitStatus> {
        let StrategiesArgs {} = self;
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
}
