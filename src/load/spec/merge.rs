//! Options of the command line over the keys of a file.

use super::LoadSpec;
use crate::experiment::runner::conditions::server_conditions;
use flagpole_server::config::listener::Listener;
use serde_json::{Map, Value};

/// Keys that another key replaces: with the key, the others have no meaning.
const REPLACED: [(&str, &[&str]); 9] = [
    (
        "rate",
        &[
            "concurrency",
            "stages",
            "think",
            "find_rate",
            "find_concurrency",
        ],
    ),
    (
        "stages",
        &[
            "rate",
            "concurrency",
            "think",
            "duration",
            "requests",
            "find_rate",
            "find_concurrency",
        ],
    ),
    (
        "concurrency",
        &[
            "rate",
            "stages",
            "arrivals",
            "max_in_flight",
            "find_rate",
            "find_concurrency",
        ],
    ),
    (
        "find_rate",
        &[
            "rate",
            "concurrency",
            "stages",
            "think",
            "duration",
            "requests",
            "find_concurrency",
        ],
    ),
    (
        "find_concurrency",
        &[
            "rate",
            "concurrency",
            "stages",
            "arrivals",
            "max_in_flight",
            "duration",
            "requests",
            "find_rate",
        ],
    ),
    ("rate_per_user", &["think"]),
    ("duration", &["requests"]),
    ("requests", &["duration"]),
    ("body_file", &["body"]),
];

/// Keys that a result has elsewhere, or that say nothing about the requests.
const NO_SETTINGS: [&str; 26] = [
    "about",
    "base",
    "urls",
    "scenario",
    "server",
    "profile",
    "policy",
    "seed",
    "concurrency",
    "requests",
    "duration",
    "rate",
    "rate_per_user",
    "arrivals",
    "stages",
    "max_in_flight",
    "think",
    "shard",
    "warm_up",
    "grace",
    "find_rate",
    "find_concurrency",
    "abort_if",
    "fail_if",
    "method",
    "order",
];

impl LoadSpec {
    /// The options of `base` and of this run; where both have one, that of this run. Lists of conditions and fields are joined.
    pub(crate) fn merged_over(&self, base: &LoadSpec) -> LoadSpec {
        let (mut merged, given) = (table(base), table(self));
        for (key, replaced) in REPLACED {
            if given.contains_key(key) {
                for key in replaced {
                    merged.remove(*key);
                }
            }
        }
        merged.extend(given);
        let merged = serde_json::from_value(Value::Object(merged));
        let mut merged: LoadSpec = merged.expect("what was written by a run can be read");
        merged.policy = self
            .policy
            .merged_over(&base.policy)
            .expect("what was written by a policy can be read");
        merged.header = [base.header.as_slice(), &self.header].concat();
        merged.fail_if = [base.fail_if.as_slice(), &self.fail_if].concat();
        merged.abort_if = [base.abort_if.as_slice(), &self.abort_if].concat();
        merged
    }

    /// The settings for people, with those of flagpole's own server: what a result does not have elsewhere.
    pub(crate) fn settings(&self, server: Option<&Listener>) -> Vec<(String, String)> {
        let mut table = table(&self.without_secrets());
        table.retain(|key, _| !NO_SETTINGS.contains(&key.as_str()));
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let settings = table.into_iter().map(|(key, value)| (key, text(value)));
        let mut settings: Vec<_> = settings.collect();
        let policy = self.policy.describe();
        if !policy.is_empty() {
            settings.push(("policy".to_owned(), policy.join(", ")));
        }
        if server.is_some() {
            let seed = self.seed.unwrap_or_default().0;
            settings.push(("seed".to_owned(), seed.to_string()));
        }
        let server = server.into_iter().flat_map(server_conditions);
        settings.extend(server.map(|(name, value)| (name.to_owned(), value)));
        settings
    }
}

fn table(spec: &LoadSpec) -> Map<String, Value> {
    match serde_json::to_value(spec) {
        Ok(Value::Object(table)) => table,
        other => unreachable!("a load run is a table, got {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(given: &str, base: &str) -> String {
        let spec = |text| LoadSpec::parse(text, "x.toml").unwrap();
        toml::to_string(&spec(given).merged_over(&spec(base))).unwrap()
    }

    #[test]
    fn option_replaces_the_key_and_what_contradicts_it() {
        assert_eq!(
            merged("concurrency = 8", "concurrency = 5\nduration = '3s'"),
            "concurrency = 8\nduration = \"3s\"\n"
        );
        assert_eq!(
            merged("rate = '5/s'", "concurrency = 5\nthink = '1s'"),
            "rate = \"5/s\"\n"
        );
        assert_eq!(merged("requests = 7", "duration = '3s'"), "requests = 7\n");
        let stages = "duration = '3s'\nrate = '5/s'";
        assert_eq!(merged("stages = '1s:5/s'", stages), "stages = \"1s:5/s\"\n");
    }

    #[test]
    fn conditions_and_fields_are_joined_and_policies_merged() {
        let base = "fail_if = ['p99 > 80ms']\n[policy]\nretries = 3\ntimeout = '1s'";
        let given = "fail_if = ['errors > 1%']\n[policy]\ntimeout = '2s'";
        let expected = "fail_if = [\"p99 > 80ms\", \"errors > 1%\"]\n\n[policy]\ntimeout = \"2s\"\nretries = 3\n";
        assert_eq!(merged(given, base), expected);
    }
}
