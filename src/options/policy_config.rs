//! The policy of a run as it stands in files: the words of the command line, so that names, values and
//! errors are the same in both. `retries = 3` is `--retries 3`.

use crate::clap_error;
use crate::options::policy::PolicyOptions;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};
use flagpole_client::Policy;
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;

/// The options of a policy, and the words they came from.
#[derive(Clone, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct PolicyConfig {
    words: BTreeMap<String, Word>,
    #[serde(skip)]
    options: Option<Arc<PolicyOptions>>,
}

/// A value as TOML writes it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Word {
    Switch(bool),
    Number(i64),
    Text(String),
    Several(Vec<Word>),
}

impl Word {
    fn text(&self) -> String {
        match self {
            Word::Switch(on) => on.to_string(),
            Word::Number(number) => number.to_string(),
            Word::Text(text) => text.clone(),
            Word::Several(words) => {
                let words: Vec<_> = words.iter().map(Word::text).collect();
                words.join(",")
            }
        }
    }

    fn of(text: &str) -> Word {
        text.parse()
            .map_or_else(|_| Word::Text(text.to_owned()), Word::Number)
    }
}

impl PolicyConfig {
    /// Whether nothing is said.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// How much is said.
    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// The policy for so many lanes.
    pub(crate) fn policy(&self, lanes: usize) -> anyhow::Result<Policy> {
        match &self.options {
            Some(options) => options.policy(lanes),
            None => Ok(Policy::default()),
        }
    }

    /// As the command line has it: `retries 3, hedge p95`.
    pub(crate) fn spelled(&self) -> Vec<String> {
        let words = self.words.iter();
        words
            .map(|(key, word)| match word {
                Word::Switch(_) => key.replace('_', "-"),
                other => format!("{} {}", key.replace('_', "-"), other.text()),
            })
            .collect()
    }

    /// Those of `base`, with what is said here instead.
    pub(crate) fn over(&self, base: &PolicyConfig) -> Result<PolicyConfig, String> {
        let mut words = base.words.clone();
        words.extend(
            self.words
                .iter()
                .map(|(key, word)| (key.clone(), word.clone())),
        );
        PolicyConfig::of(words)
    }

    fn of(words: BTreeMap<String, Word>) -> Result<PolicyConfig, String> {
        let line = words.iter().filter_map(|(key, word)| match word {
            Word::Switch(true) => Some(format!("--{}", key.replace('_', "-"))),
            Word::Switch(false) => None,
            other => Some(format!("--{}={}", key.replace('_', "-"), other.text())),
        });
        let matches = command()
            .try_get_matches_from(line)
            .map_err(|error| clap_error::sentence(&error))?;
        let options =
            PolicyOptions::from_arg_matches(&matches).map_err(|e| clap_error::sentence(&e))?;
        if let Some(lack) = options.lack() {
            return Err(lack);
        }
        Ok(PolicyConfig {
            words,
            options: Some(Arc::new(options)),
        })
    }
}

fn command() -> Command {
    PolicyOptions::augment_args(Command::new("policy").no_binary_name(true))
}

/// The names of the options, as they stand in files.
fn keys() -> Vec<String> {
    let command = command();
    let arguments = command.get_arguments();
    arguments.map(|one| one.get_id().to_string()).collect()
}

impl<'de> Deserialize<'de> for PolicyConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PolicyConfig, D::Error> {
        let words = BTreeMap::<Key, Word>::deserialize(deserializer)?;
        let words = words.into_iter().map(|(key, word)| (key.0, word)).collect();
        PolicyConfig::of(words).map_err(D::Error::custom)
    }
}

/// The name of an option.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = keys();
        if known.contains(&name) {
            Ok(Key(name))
        } else {
            Err(D::Error::custom(format!(
                "unknown key `{name}`; known: {}",
                known.join(", ")
            )))
        }
    }
}

impl Args for PolicyConfig {
    fn augment_args(command: Command) -> Command {
        PolicyOptions::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        PolicyOptions::augment_args_for_update(command)
    }
}

impl FromArgMatches for PolicyConfig {
    fn from_arg_matches(matches: &ArgMatches) -> Result<PolicyConfig, clap::Error> {
        let options = PolicyOptions::from_arg_matches(matches)?;
        let is_said = |key: &String| matches.value_source(key) == Some(ValueSource::CommandLine);
        let word = |key: &String| {
            let raw: Vec<OsString> = matches.get_raw(key)?.map(ToOwned::to_owned).collect();
            let texts: Vec<_> = raw.iter().map(|raw| raw.to_string_lossy()).collect();
            Some(match texts.as_slice() {
                // A switch has no value of its own.
                [] => Word::Switch(true),
                [one] if one == "true" => Word::Switch(true),
                [one] => Word::of(one),
                several => Word::Several(several.iter().map(|text| Word::of(text)).collect()),
            })
        };
        let said = keys().into_iter().filter(is_said);
        let words = said
            .filter_map(|key| word(&key).map(|word| (key, word)))
            .collect();
        Ok(PolicyConfig {
            words,
            options: Some(Arc::new(options)),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = PolicyConfig::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        policy: PolicyConfig,
    }

    #[test]
    fn what_is_said_on_a_command_line_reads_back_from_a_file() {
        let line = "x --retries 3 --retry-status 500,503 --hedge p95 --no-reuse";
        let line = Line::parse_from(line.split_whitespace()).policy;
        let text = toml::to_string(&line).unwrap();
        assert_eq!(
            text,
            "hedge = \"p95\"\nno_reuse = true\nretries = 3\nretry_status = [500, 503]\n"
        );
        let file: PolicyConfig = toml::from_str(&text).unwrap();
        assert_eq!(file.policy(5).unwrap(), line.policy(5).unwrap());
        let json = serde_json::to_string(&file).unwrap();
        let back: PolicyConfig = serde_json::from_str(&json).unwrap();
        assert_eq!(back.policy(5).unwrap(), line.policy(5).unwrap());
    }

    #[test]
    fn the_errors_are_those_of_the_command_line() {
        let refused = |text| {
            toml::from_str::<PolicyConfig>(text)
                .err()
                .unwrap()
                .to_string()
        };
        assert!(refused("hedge = 'p100'").contains("such as `p95`"));
        assert!(refused("retris = 1").contains("unknown key `retris`; known: timeout, "));
    }

    #[test]
    fn a_variant_takes_the_place_of_what_it_names() {
        let read = |text| toml::from_str::<PolicyConfig>(text).unwrap();
        let over = read("hedge = '5ms'").over(&read("retries = 2")).unwrap();
        assert_eq!(over.spelled(), ["hedge 5ms", "retries 2"]);
    }
}
