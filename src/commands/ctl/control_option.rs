//! The address of the control plane, which every subcommand needs.

use crate::control_client::ControlClient;
use anyhow::{Result, anyhow, bail};
use clap::Args;
use std::env;
use std::time::Duration;

/// The environment variable with the default address.
const VARIABLE: &str = "FLAGPOLE_CONTROL";

/// The control plane must answer within this time what it can answer at once.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Args)]
pub(super) struct ControlOption {
    /// Ask the control plane at this address or URL [default: `$FLAGPOLE_CONTROL`]
    #[arg(long, value_name = "ADDRESS")]
    control: Option<String>,
}

impl ControlOption {
    pub(super) fn client(&self) -> Result<ControlClient> {
        let (name, address) = match (&self.control, env::var(VARIABLE)) {
            (Some(address), _) => ("--control", address.clone()),
            (None, Ok(address)) => (VARIABLE, address),
            (None, Err(_)) => bail!(
                "expected the address of a control plane: use `--control 127.0.0.1:9000`, or set {VARIABLE}"
            ),
        };
        let address = address.parse();
        Ok(ControlClient::new(
            address.map_err(|error| anyhow!("{name}: {error}"))?,
        ))
    }
}
