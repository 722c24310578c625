//! Options of the command line over the keys of a file.

use super::LoadSpec;
use serde_json::{Map, Value};

/// Keys that another key replaces: with the key, the others have no meaning.
const REPLACED: [(&str, &[&str]); 6] = [
    ("rate", &["concurrency", "stages", "think"]),
    (
        "stages",
        &["rate", "concurrency", "think", "duration", "requests"],
    ),
    (
        "concurrency",
        &["rate", "stages", "arrivals", "max_in_flight"],
    ),
    ("duration", &["requests"]),
    ("requests", &["duration"]),
    ("body_file", &["body"]),
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

    /// The options given, by their keys in a file, for people.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let mut table = table(self);
        for key in [
            "about", "base", "urls", "policy", "server", "scenario", "profile",
        ] {
            table.remove(key);
        }
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
