//! A policy as a TOML table. Keys, values and errors are those of the command line: `retries = 3` is `--retries 3`.

use crate::clap_error;
use crate::options::policy_options::PolicyOptions;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};
use flagpole_client::Policy;
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;

/// The policy options that the user gave. Options that were not given are not written to files.
#[derive(Clone, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct PolicyConfig {
    values: BTreeMap<String, TomlScalar>,
    #[serde(skip)]
    options: Option<Arc<PolicyOptions>>,
}

/// The value of an option in TOML.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum TomlScalar {
    Switch(bool),
    Number(i64),
    Text(String),
    List(Vec<TomlScalar>),
}

impl TomlScalar {
    fn parse(text: &str) -> TomlScalar {
        text.parse()
            .map_or_else(|_| TomlScalar::Text(text.to_owned()), TomlScalar::Number)
    }

    /// The value on the command line.
    fn text(&self) -> String {
        match self {
            TomlScalar::Switch(on) => on.to_string(),
            TomlScalar::Number(number) => number.to_string(),
            TomlScalar::Text(text) => text.clone(),
            TomlScalar::List(values) => {
                let values: Vec<_> = values.iter().map(TomlScalar::text).collect();
                values.join(",")
            }
        }
    }
}

impl PolicyConfig {
    /// Whether no option is given.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The number of options given.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// The policy for this concurrency.
    pub(crate) fn policy(&self, concurrency: usize) -> anyhow::Result<Policy> {
        match &self.options {
            Some(options) => options.policy(concurrency),
            None => Ok(Policy::default()),
        }
    }

    /// The options given, such as `retries 3` and `no-reuse`.
    pub(crate) fn describe(&self) -> Vec<String> {
        let values = self.values.iter();
        values
            .filter_map(|(key, value)| match value {
                TomlScalar::Switch(on) => on.then(|| key.replace('_', "-")),
                other => Some(format!("{} {}", key.replace('_', "-"), other.text())),
            })
            .collect()
    }

    /// The options of `base` and of this policy; where both policies have an option, the value of this policy.
    pub(crate) fn merged_over(&self, base: &PolicyConfig) -> Result<PolicyConfig, String> {
        let mut values = base.values.clone();
        values.extend(self.values.clone());
        PolicyConfig::from_values(values)
    }

    fn from_values(values: BTreeMap<String, TomlScalar>) -> Result<PolicyConfig, String> {
        let line = values.iter().filter_map(|(key, value)| match value {
            TomlScalar::Switch(true) => Some(format!("--{}", key.replace('_', "-"))),
            TomlScalar::Switch(false) => None,
            other => Some(format!("--{}={}", key.replace('_', "-"), other.text())),
        });
        let options = command()
            .try_get_matches_from(line)
            .and_then(|matches| PolicyOptions::from_arg_matches(&matches))
            .map_err(|error| clap_error::sentence(&error))?;
        match options.missing_dependency() {
            Some(missing) => Err(missing),
            None => Ok(PolicyConfig {
                values,
                options: Some(Arc::new(options)),
            }),
        }
    }
}

fn command() -> Command {
    PolicyOptions::augment_args(Command::new("policy").no_binary_name(true))
}

/// The keys of a policy table: the names of the options with `_`.
fn keys() -> Vec<String> {
    let command = command();
    let arguments = command.get_arguments();
    arguments.map(|one| one.get_id().to_string()).collect()
}

impl<'de> Deserialize<'de> for PolicyConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PolicyConfig, D::Error> {
        let values = BTreeMap::<PolicyKey, TomlScalar>::deserialize(deserializer)?;
        let values = values.into_iter().map(|(key, value)| (key.0, value));
        PolicyConfig::from_values(values.collect()).map_err(D::Error::custom)
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct PolicyKey(String);

impl<'de> Deserialize<'de> for PolicyKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PolicyKey, D::Error> {
        let key = String::deserialize(deserializer)?;
        let known = keys();
        if known.contains(&key) {
            return Ok(PolicyKey(key));
        }
        let known = known.join(", ");
        Err(D::Error::custom(format!(
            "unknown key `{key}`; known: {known}"
        )))
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
        let given = keys()
            .into_iter()
            .filter(|key| matches.value_source(key) == Some(ValueSource::CommandLine));
        let values = given.filter_map(|key| raw_value(matches, &key).map(|value| (key, value)));
        Ok(PolicyConfig {
            values: values.collect(),
            options: Some(Arc::new(options)),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = PolicyConfig::from_arg_matches(matches)?;
        Ok(())
    }
}

fn raw_value(matches: &ArgMatches, key: &str) -> Option<TomlScalar> {
    let raw: Vec<OsString> = matches.get_raw(key)?.map(ToOwned::to_owned).collect();
    let texts: Vec<_> = raw.iter().map(|raw| raw.to_string_lossy()).collect();
    Some(match texts.as_slice() {
        [] => TomlScalar::Switch(true),
        [one] if one == "true" => TomlScalar::Switch(true),
        [one] => TomlScalar::parse(one),
        several => TomlScalar::List(several.iter().map(|text| TomlScalar::parse(text)).collect()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct PolicyTableCli {
        #[command(flatten)]
        policy: PolicyConfig,
    }

    fn read(text: &str) -> Result<PolicyConfig, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn policy_of_command_line_survives_round_trip_through_file() {
        let line = "x --retries 3 --retry-status 500,503 --hedge p95 --no-reuse";
        let line = PolicyTableCli::parse_from(line.split_whitespace()).policy;
        let text = toml::to_string(&line).unwrap();
        assert_eq!(
            text,
            "hedge = \"p95\"\nno_reuse = true\nretries = 3\nretry_status = [500, 503]\n"
        );
        let file = read(&text).unwrap();
        assert_eq!(file.policy(5).unwrap(), line.policy(5).unwrap());
        let json = serde_json::to_string(&file).unwrap();
        let back: PolicyConfig = serde_json::from_str(&json).unwrap();
        assert_eq!(back.policy(5).unwrap(), line.policy(5).unwrap());
    }

    #[test]
    fn errors_are_those_of_the_command_line() {
        let error = |text| read(text).err().unwrap().to_string();
        assert!(error("hedge = 'p100'").contains("such as `p95`"));
        assert!(error("retris = 1").contains("unknown key `retris`; known: timeout, "));
    }

    #[test]
    fn merged_policy_replaces_the_options_of_its_base() {
        let (policy, base) = (
            "hedge = '5ms'\nretries = 1",
            "retries = 2\nno_reuse = false",
        );
        let merged = read(policy).unwrap().merged_over(&read(base).unwrap());
        assert_eq!(merged.unwrap().describe(), ["hedge 5ms", "retries 1"]);
    }
}
