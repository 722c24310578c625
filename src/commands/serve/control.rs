//! The control plane of `serve`.

use crate::commands::serve::process_usage::UsageMeter;
use crate::options::built_in::PROFILES;
use crate::options::control_address::ControlAddress;
use crate::output;
use anyhow::{Result, anyhow};
use flagpole_server::{ControlPlane, Profile, ServerGroup, StartError};

/// The built-in profiles, for the live page.
fn built_in_profiles() -> impl Iterator<Item = (String, Profile)> {
    let profiles = PROFILES.files.iter();
    profiles.map(|(name, text)| {
        let profile = text.parse().expect("built-in profiles are valid");
        ((*name).to_owned(), profile)
    })
}

/// Starts the control plane of the servers.
pub(super) fn start(
    address: &ControlAddress,
    max_connections: usize,
    servers: &ServerGroup,
) -> Result<ControlPlane> {
    let socket_address = address.resolve("--control")?;
    let mut usage = UsageMeter::default();
    let mut builder = ControlPlane::builder(servers.clone())
        .address(socket_address)
        .max_connections(max_connections)
        .process_usage(move || usage.take())
        .profiles(built_in_profiles());
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
            "flagpole: --control: {ip} is not a loopback address: every client that reaches it can change the servers"
        ));
    }
    Ok(control)
}
