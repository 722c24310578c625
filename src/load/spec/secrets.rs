//! A run as others may see it: without the secret values of fields and variables.

use super::LoadSpec;
use serde_json::Value;

/// What is shown in place of a secret value.
const HIDDEN: &str = "HIDDEN";

/// Parts of the names of fields and variables whose values are secret.
const SECRET_NAMES: [&str; 6] = [
    "authorization",
    "cookie",
    "token",
    "secret",
    "password",
    "api-key",
];

/// The key of a step whose names are those of values in responses, and whose values say only where they are.
const EXTRACT: &str = "extract";

impl LoadSpec {
    /// The run, with the values of secret fields and variables hidden. Bodies and URLs stay as they are.
    pub(super) fn without_secrets(&self) -> LoadSpec {
        let mut shown = self.clone();
        let fields = shown.header.iter_mut();
        for field in fields.filter(|field| is_secret(&field.name)) {
            HIDDEN.clone_into(&mut field.value);
        }
        for url in &mut shown.urls {
            if let Ok(mut target @ Value::Object(_)) = serde_json::from_str(url) {
                hide(&mut target, false);
                *url = target.to_string();
            }
        }
        shown.scenario = shown.scenario.map(|scenario| {
            let mut steps = serde_json::to_value(scenario).expect("keys of TOML are texts");
            hide(&mut steps, false);
            serde_json::from_value(steps).expect("TOML has no null, and so has what is made of it")
        });
        shown
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('_', "-");
    SECRET_NAMES.iter().any(|part| name.contains(part))
}

/// Replaces all texts below secret names, and this one if it is secret.
fn hide(value: &mut Value, is_hidden: bool) {
    match value {
        Value::Object(keys) => {
            for (name, value) in keys.iter_mut().filter(|(name, _)| *name != EXTRACT) {
                hide(value, is_hidden || is_secret(name));
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| hide(value, is_hidden)),
        Value::String(text) if is_hidden => HIDDEN.clone_into(text),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let spec = LoadSpec::parse(text, "x.toml").unwrap();
        toml::to_string(&spec.without_secrets()).unwrap()
    }

    #[test]
    fn secret_fields_of_steps_are_hidden() {
        let shown = shown(
            "[scenario.variables]\npassword = ['one', 'two']\nuser = ['three']\n\
             [[scenario.step]]\nurl = '/'\nfields = { Authorization = 'Bearer 1', Accept = '4' }\n\
             extract = { token = { json = '/token' } }\n",
        );
        for secret in ["Bearer", "one", "two"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        for open in [
            "Authorization = \"HIDDEN\"",
            "Accept = \"4\"",
            "/token",
            "three",
        ] {
            assert!(shown.contains(open), "{shown}");
        }
    }

    #[test]
    fn secret_fields_of_targets_are_hidden() {
        let target = r#"{"url": "/a", "fields": {"Cookie": ["a=1", "b=2"], "Accept": "4"}}"#;
        let shown = shown(&format!("urls = ['{target}', '/b']\n"));
        assert!(!shown.contains("a=1") && !shown.contains("b=2"), "{shown}");
        assert!(
            shown.contains(r#""Accept":"4""#) && shown.contains("/b"),
            "{shown}"
        );
    }

    #[test]
    fn settings_have_no_secrets() {
        let text =
            "urls = ['http://127.0.0.1/']\nheader = ['Authorization: Bearer 1', 'Accept: 4']\n";
        let settings = LoadSpec::parse(text, "x.toml").unwrap().settings(None);
        let settings = format!("{settings:?}");
        assert!(!settings.contains("Bearer"), "{settings}");
        assert!(settings.contains("Accept: 4"), "{settings}");
    }
}
