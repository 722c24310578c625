//! The control plane of `serve`.

use crate::commands::serve::process_usage::UsageMeter;
use crate::options::control_address::ControlAddress;
use crate::output;
use anyhow::{Result, anyhow};
use flagpole_server::{ControlPlane, ServerGroup, StartError};

/// Starts the control plane of the servers.
pub(super) fn start(
    address: &ControlAddress,
    max_connections: usize,
    servers: &ServerGroup,
) -> Result<ControlPlane> {
    let socket_address = address.resolve()?;
    let mut usage = UsageMeter::default();
    let mut builder = ControlPlane::builder(servers.clone())
        .address(socket_address)
        .max_connections(max_connections)
        .process_usage(move || usage.take());
    if let Some(name) = address.name() {
        builder = builder.host_name(name);
    }
    let control = builder.start().map_err(|error| match error {
        StartError::PortInUse(_) => {
            anyhow!("--control: {error}; choose another, or 0 for any free port")
        }
        _ => anyhow!("--control: {error}"),
    })?;
    let ip = control.addr().ip();
    if !ip.to_canonical().is_loopback() {
        output::note(&format!(
            "flagpole: --control: {ip} is no loopback address: every client that reaches it can change the servers"
        ));
    }
    Ok(control)
}
