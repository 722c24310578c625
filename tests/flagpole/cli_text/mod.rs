//! Output of `flagpole get` and of the small commands: text, JSON, CSV, completions and manual pages.

mod formats;
mod help;

use crate::harness::{CommandOutput, Sandbox};
use flagpole_server::BlockingServer;

fn get(sandbox: &Sandbox, server: &BlockingServer, options: &str) -> CommandOutput {
    sandbox.run(&format!("get --url {} {options}", server.url()))
}
