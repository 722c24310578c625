//! `flagpole load`: what it requests, writes and refuses.

mod files;
#[cfg(unix)]
mod interrupted;
#[cfg(target_os = "linux")]
mod live_view;
mod models;
mod own_server;
mod refusals;
#[cfg(unix)]
mod shards;
#[cfg(target_os = "linux")]
mod short_of_resources;
#[cfg(target_os = "linux")]
mod slow_server;
#[cfg(target_os = "linux")]
mod starved_client;
#[cfg(target_os = "linux")]
mod stopped_server;
mod verdict;

#[cfg(target_os = "linux")]
use crate::harness::RunningCommand;
use crate::harness::{CommandOutput, Sandbox};
use serde_json::Value;
#[cfg(unix)]
use std::time::{SystemTime, UNIX_EPOCH};

/// The result of a run with these options, as JSON.
fn result(sandbox: &Sandbox, options: &str) -> (CommandOutput, Value) {
    let output = sandbox.run(&format!("load --quiet --format json {options}"));
    let document = serde_json::from_str(&output.stdout);
    let document = document.unwrap_or_else(|error| panic!("{error}: {output}"));
    (output, document)
}

#[cfg(unix)]
fn unix_seconds() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap().as_secs()
}

/// Starts a server as a separate process, with these options; and the URL of a flag on it.
#[cfg(target_os = "linux")]
fn serve(options: &str) -> (RunningCommand, String) {
    let mut server = Sandbox::new().start(&format!("serve --port 0 {options}"));
    let url = format!("{}flags/br/br.gif", server.url());
    (server, url)
}
