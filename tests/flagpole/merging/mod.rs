//! `flagpole merge`, and interval logs in `flagpole report`: what is added up, and what is refused.

#[cfg(target_os = "linux")]
mod cost;
mod files;
#[cfg(unix)]
mod killed;
mod other_tools;
mod refusals;
mod secrets;

use crate::harness::{CommandOutput, Sandbox};
use serde_json::Value;
use std::fs;

/// Two logs, `a.hlog` and `b.hlog`, of runs of 60 requests each.
fn two_logs() -> Sandbox {
    let sandbox = Sandbox::new();
    for (name, seed) in [("a", 1), ("b", 2)] {
        let run = "load --fault 503@20% --requests 60 --rate 200/s --warm-up 100ms --quiet";
        let output = sandbox.run(&format!(
            "{run} --seed {seed} --hlog {name}.hlog --result {name}.json"
        ));
        assert!(matches!(output.code, Some(0 | 3)), "{output}");
    }
    sandbox
}

/// The result of a merge of these arguments, as JSON.
fn merge(sandbox: &Sandbox, arguments: &str) -> (CommandOutput, Value) {
    let output = sandbox.run(&format!("merge --format json {arguments}"));
    let document = serde_json::from_str(&output.stdout);
    let document = document.unwrap_or_else(|error| panic!("{error}: {output}"));
    (output, document)
}

fn json(sandbox: &Sandbox, name: &str) -> Value {
    serde_json::from_str(&text(sandbox, name)).unwrap()
}

fn text(sandbox: &Sandbox, name: &str) -> String {
    fs::read_to_string(sandbox.path(name)).unwrap()
}
