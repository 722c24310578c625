//! The command that repeats a run.

use super::LoadSpec;
use anyhow::{Context as _, Result};
use flagpole_analysis::escaped_shell_word;
use flagpole_analysis::load::RepeatCommand;
use serde_json::Value;

/// Keys that no option says, except the targets.
const WITHOUT_OPTION: [&str; 5] = ["base", "profile", "scenario", "server", "policy"];

/// Up to this many targets are part of the command.
const MAX_TARGETS: usize = 5;

impl LoadSpec {
    /// The command that repeats the run: with options, or with a file where they would not say all. The values of secret
    /// fields and variables are hidden, because a result is shown to others.
    pub(crate) fn repeat(&self) -> Result<RepeatCommand> {
        self.without_secrets().as_command()
    }

    fn as_command(&self) -> Result<RepeatCommand> {
        let is_url = |text: &String| text.starts_with("http://") || text.starts_with("https://");
        let has_urls = self.urls.len() <= MAX_TARGETS && self.urls.iter().all(is_url);
        let mut keys = match serde_json::to_value(self)? {
            Value::Object(keys) => keys,
            other => unreachable!("a load run is a table, got {other:?}"),
        };
        if let Some(Value::Object(policy)) = keys.remove("policy") {
            keys.extend(policy);
        }
        if !has_urls || WITHOUT_OPTION.iter().any(|key| keys.contains_key(*key)) {
            return Ok(RepeatCommand {
                command: "flagpole load run.toml".to_owned(),
                file: Some(toml::to_string(self).context("cannot write TOML")?),
            });
        }
        keys.retain(|key, _| !["about", "urls"].contains(&key.as_str()));
        let options = keys.iter().map(|(key, value)| option(key, value));
        let words = ["flagpole".to_owned(), "load".to_owned()].into_iter();
        let words = words
            .chain(self.urls.iter().cloned())
            .chain(options.flatten());
        let words: Vec<_> = words.map(|word| shell_word(&word)).collect();
        Ok(RepeatCommand {
            command: words.join(" "),
            file: None,
        })
    }
}

/// The words of an option; several values are several options.
fn option(key: &str, value: &Value) -> Vec<String> {
    let name = format!("--{}", key.replace('_', "-"));
    match value {
        Value::Bool(true) => vec![name],
        Value::Bool(false) | Value::Null => Vec::new(),
        Value::String(text) => vec![name, text.clone()],
        Value::Array(values) => values.iter().flat_map(|value| option(key, value)).collect(),
        other => vec![name, other.to_string()],
    }
}

/// A word as a POSIX shell reads it.
fn shell_word(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "%+,-./:=@_".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let quoted = || format!("'{}'", word.replace('\'', r"'\''"));
    escaped_shell_word(word).unwrap_or_else(quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeat(text: &str) -> RepeatCommand {
        LoadSpec::parse(text, "x.toml").unwrap().repeat().unwrap()
    }

    #[test]
    fn options_say_all_of_a_run_at_urls() {
        let repeat = repeat(
            "urls = ['http://127.0.0.1:8000/?a=1&b=2']\nrate = '2000/s'\nduration = '30s'\nseed = 7\nheader = ['a: b', 'c: d']\n\
             fail_if = ['p99 > 80ms']\nbody = \"it's\"\n[policy]\ntimeout = '2s'\nno_reuse = true\nretry_status = [500, 503]",
        );
        assert_eq!(
            repeat.command,
            "flagpole load 'http://127.0.0.1:8000/?a=1&b=2' --body 'it'\\''s' --duration 30s --fail-if 'p99 > 80ms' \
             --header 'a: b' --header 'c: d' --no-reuse --rate 2000/s --retry-status 500 --retry-status 503 --seed 7 --timeout 2s"
        );
        assert_eq!(repeat.file, None);
    }

    #[test]
    fn secret_fields_are_hidden() {
        let fields = "urls = ['http://127.0.0.1/']\nheader = ['Authorization: Bearer 1', 'X-Api-Key: 2', 'Cookie: a=3', 'Accept: 4']";
        let hidden = "--header 'Authorization: HIDDEN' --header 'X-Api-Key: HIDDEN' --header 'Cookie: HIDDEN' --header 'Accept: 4'";
        assert_eq!(
            repeat(fields).command,
            format!("flagpole load http://127.0.0.1/ {hidden}")
        );
        let file = repeat(&format!("{fields}\n[server]")).file.unwrap();
        assert!(!file.contains("Bearer"), "{file}");
    }

    #[test]
    fn file_says_what_no_option_says() {
        let text = "urls = [\"/a\"]\nconcurrency = 3\n\n[server]\nlatency = \"2ms\"\n";
        let repeat = repeat(text);
        assert_eq!(repeat.command, "flagpole load run.toml");
        let again = LoadSpec::parse(&repeat.file.unwrap(), "run.toml").unwrap();
        assert_eq!(again.server.unwrap().latency.to_string(), "2ms");
    }
}
