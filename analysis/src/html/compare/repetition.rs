//! How to repeat a comparison: its experiment as a file, and the command.

use crate::comparison::Comparison;
use crate::html::chart::label::visible;
use crate::html::here_document::here_document;
use maud::{Markup, html};
use serde_json::Value;

/// The longest experiment that a page contains, in bytes.
const MAX_EXPERIMENT: usize = 20_000;

/// The command that repeats the comparison, with its experiment, folded.
pub(super) fn markup(comparison: &Comparison) -> Markup {
    let experiment = &comparison.experiment;
    let seed = seed(experiment);
    html! {
        details.repeat {
            summary { "Command that repeats it" @if let Some(seed) = &seed { ", with seed " (visible(seed)) } }
            @match command(experiment) {
                Some(command) if command.len() <= MAX_EXPERIMENT => {
                    pre tabindex="0" { code { (command) } }
                    @if let Some(profile) = experiment["profile"].as_str() {
                        p.note { "The profile is " bdi { (visible(profile)) } ", which is not part of this page unless it is built in." }
                    }
                }
                Some(command) => p.note {
                    "The experiment has " (crate::grouped(command.len() as u64)) " bytes and is left out; the result document has it as "
                    code { "experiment" } "."
                },
                None => p.note { "The result does not say what was measured." },
            }
        }
    }
}

fn seed(experiment: &Value) -> Option<String> {
    match &experiment["seed"] {
        Value::String(seed) => Some(seed.clone()),
        Value::Number(seed) => Some(seed.to_string()),
        _ => None,
    }
}

/// A shell command that writes the experiment into a file and runs it.
fn command(experiment: &Value) -> Option<String> {
    let text = toml::to_string(experiment.as_object()?).ok()?;
    let file = here_document("experiment.toml", &text);
    Some(file + "flagpole compare experiment.toml\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn experiment_becomes_a_file() {
        let command = command(&json!({ "grid": { "concurrency": [5] }, "seed": "7" })).unwrap();
        assert_eq!(
            command,
            "cat > experiment.toml <<'END'\nseed = \"7\"\n\n[grid]\nconcurrency = [5]\nEND\nflagpole compare experiment.toml\n"
        );
    }

    #[test]
    fn text_cannot_end_the_file_early() {
        let command = command(&json!({ "about": "a\nEND\n$(reboot)\n" })).unwrap();
        let lines: Vec<_> = command.lines().filter(|line| *line == "END_").collect();
        assert!(
            command.starts_with("cat > experiment.toml <<'END_'\n") && lines.len() == 1,
            "{command}"
        );
    }
}
