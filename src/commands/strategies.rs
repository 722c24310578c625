//! `flagpole strategies`: a list of strategies and transports.

use crate::exit_status::ExitStatus;
use crate::options::strategy_names;
use crate::output;
use anyhow::Result;
use clap::Args;
use flagpole_client::{Strategy, strategy, transport};
use std::fmt::Write as _;

/// List strategies (how downloads run concurrently) and transports (HTTP client libraries)
#[derive(Args)]
#[command(after_help = "Examples:
  flagpole strategies
  flagpole get --strategy threads --transport ureq")]
pub(crate) struct StrategiesArgs {}

impl StrategiesArgs {
    /// Prints the list.
    pub(crate) fn run(self) -> Result<ExitStatus> {
        let StrategiesArgs {} = self;
        let mut text = String::from("Strategies (transports; default --concurrency):\n");
        for strategy in strategy::ALL {
            let (name, about) = (strategy.name(), strategy.about());
            let (transports, default) = (transports(*strategy), strategy.default_concurrency());
            // Writing to a String cannot fail, here and below.
            let _ = writeln!(text, "  {name:<20} {about} ({transports}; {default})");
        }
        text.push_str("\nTransports:\n");
        for transport in transport::ALL {
            let (name, about) = (transport.name(), transport.about());
            let _ = writeln!(text, "  {name:<20} {about}");
        }
        output::result(&text)?;
        Ok(ExitStatus::Success)
    }
}

/// The names of the transports that a strategy supports.
fn transports(strategy: &dyn Strategy) -> String {
    let supported = transport::ALL
        .iter()
        .filter(|transport| strategy_names::supports(strategy, **transport));
    let names: Vec<_> = supported.map(|transport| transport.name()).collect();
    names.join(", ")
}
