//! `flagpole load`: what it requests, writes and refuses.

mod files;
#[cfg(unix)]
mod interrupted;
#[cfg(target_os = "linux")]
mod live_view;
mod models;
mod own_server;
mod refusals;

use crate::harness::{CommandOutput, Sandbox};
use serde_json::Value;

/// The result of a run with these options, as JSON.
fn result(sandbox: &Sandbox, options: &str) -> (CommandOutput, Value) {
    let output = sandbox.run(&format!("load --quiet --format json {options}"));
    let document = serde_json::from_str(&output.stdout);
    let document = document.unwrap_or_else(|error| panic!("{error}: {output}"));
    (output, document)
}
