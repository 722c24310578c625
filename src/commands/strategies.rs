//! `flagpole strategies`: the ways to download, and what each costs.

use crate::options::value_parsers as options;
use crate::output as print;
use anyhow::Result;
use clap::Args;
use flagpole_client::{Transport, strategy, transport};
use std::fmt::Write as _;
use std::process::ExitCode;

/// List the strategies and the transports, with a line of what each does and costs
#[derive(Args)]
#[command(after_help = "Examples:
  flagpole strategies
  flagpole get --strategy threads --transport ureq")]
pub(crate) struct Strategies {}

impl Strategies {
    /// Lists them.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let Strategies {} = self;
        let mut text = String::from(
            "strategies, with the transports that each takes and its default for --max-req:\n",
        );
        for strategy in strategy::ALL {
            let takes = transport::ALL
                .iter()
                .filter(|transport| options::takes(*strategy, **transport));
            let takes: Vec<_> = takes.map(|transport| transport.name()).collect();
            // Writing to a String can not fail.
            let _ = writeln!(
                text,
                "  {:<20} {} ({}; {})",
                strategy.name(),
                strategy.about(),
                takes.join(", "),
                strategy.default_concurrency()
            );
        }
        text.push_str("\ntransports:\n");
        for transport in transport::ALL {
            let transport: &dyn Transport = *transport;
            let _ = writeln!(text, "  {:<20} {}", transport.name(), transport.about());
        }
        print::result(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}
