//! Profiles: the configuration of one or more servers, as a TOML file.
//!
//! Each `[[listener]]` table is a server with a latency, faults and limits, and may have `[[listener.rule]]` tables. The
//! first rule that matches a request decides delay and fault; if no rule matches, latency and faults of the listener do.

use super::listener::Listener;
#[cfg(feature = "profiles")]
use super::location::{SourceLocations, describe_toml_error};
use super::profile_error::ProfileError;
use super::profile_error::{Violation, check_names};
use super::text;
use serde::{Deserialize, Serialize};
use serde_with::As;

/// The default port of the first listener; further listeners get the next ports.
pub const PORT: u16 = 8000;

/// The listeners that one `flagpole serve` starts, and the seed of their delays and faults.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Profile {
    /// What the profile imitates, in a line or two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The seed of all delays and faults: 0 to 2^64 - 1, as a string above 2^63 - 1. Default: 0.
    #[serde(default, with = "As::<text::Seed>")]
    #[cfg_attr(feature = "schema", schemars(with = "text::Seed"))]
    pub seed: u64,
    /// The servers, each on a port of its own.
    #[serde(rename = "listener")]
    pub listeners: Vec<Listener>,
}

impl Profile {
    /// Checks ranges, rules, and conditions between several values.
    ///
    /// # Errors
    /// The first violation, with its key.
    pub fn check(&self) -> Result<(), ProfileError> {
        Ok(self.find_violation()?)
    }

    /// Checks everything that serde does not check.
    fn find_violation(&self) -> Result<(), Violation> {
        if self.listeners.is_empty() {
            let reason = "expected at least one `[[listener]]`";
            return Err(Violation::at("listener", reason));
        }
        for (index, listener) in self.listeners.iter().enumerate() {
            let within = |violation: Violation| violation.within("listener", index);
            listener.find_violation().map_err(within)?;
            let has_port = |port: u16| {
                let mut earlier = self.listeners[..index].iter();
                port != 0 && earlier.any(|other| other.port == Some(port))
            };
            if let Some(port) = listener.port.filter(|&port| has_port(port)) {
                let reason = format!("port {port} is already used by another listener");
                return Err(within(Violation::at("port", reason)));
            }
        }
        let names = self.listeners.iter().map(|one| one.name.as_deref());
        check_names("listener", names)
    }

    /// Gives a port to each listener without one: 8000 to the first, 8001 to the second and so on, or the next port that
    /// no other listener has.
    #[must_use]
    pub fn with_ports(mut self) -> Profile {
        let mut taken: Vec<u16> = self.listeners.iter().filter_map(|one| one.port).collect();
        for (listener, port) in self.listeners.iter_mut().zip(PORT..) {
            if listener.port.is_none() {
                let port = (port..=u16::MAX).find(|port| !taken.contains(port));
                listener.port = port;
                taken.extend(port);
            }
        }
        self
    }

    /// Reads a profile from JSON, with the keys and values of TOML; null stands for an absent key. Files that it names are
    /// read when a server starts.
    ///
    /// # Errors
    /// The first violation, with its key.
    #[cfg(feature = "profiles")]
    pub fn from_json(document: &serde_json::Value) -> Result<Profile, ProfileError> {
        let refused = |reason: &str| ProfileError(reason.to_owned());
        if !document.is_object() {
            return Err(refused("expected a table with the keys of a profile"));
        }
        let text = toml::to_string(&without_nulls(document.clone()));
        // TOML has all other values.
        let text = text.map_err(|_| refused("expected no null within a list, got one"))?;
        text.parse().map_err(|ProfileError(error)| {
            // Line and column are those of a text that the user has not seen.
            let (_location, sentence) = error.split_once(": ").unwrap_or_default();
            ProfileError(sentence.to_owned())
        })
    }

    /// The JSON Schema (2020-12) of profiles.
    #[cfg(feature = "schema")]
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Profile).to_value()
    }
}

#[cfg(feature = "profiles")]
impl Profile {
    /// Parses the text of a file in `folder`, and reads the files that it names as the bodies of faults, relative to that
    /// folder.
    ///
    /// # Errors
    /// The first violation or unreadable file, with line, column and key.
    pub fn parse_in(folder: &std::path::Path, text: &str) -> Result<Profile, ProfileError> {
        let mut profile: Profile = text.parse()?;
        for (index, listener) in profile.listeners.iter_mut().enumerate() {
            let read = listener.read_fault_files(folder);
            read.map_err(|violation| locate(violation.within("listener", index), text))?;
        }
        Ok(profile)
    }
}

/// JSON without the keys whose value is null: TOML has no null.
#[cfg(feature = "profiles")]
fn without_nulls(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(table) => {
            let values = table.into_iter().filter(|(_, value)| !value.is_null());
            let values = values.map(|(key, value)| (key, without_nulls(value)));
            Value::Object(values.collect())
        }
        Value::Array(values) => values.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// The error for a violation by the profile in `text`.
#[cfg(feature = "profiles")]
fn locate(Violation { path, reason }: Violation, text: &str) -> ProfileError {
    let location = SourceLocations::new(text).find(&path);
    ProfileError(format!("{location}: {reason}"))
}

/// Files that the profile names as the bodies of faults are read when a server starts, relative to the working directory;
/// [`Profile::parse_in`] reads them earlier.
#[cfg(feature = "profiles")]
impl std::str::FromStr for Profile {
    type Err = ProfileError;

    fn from_str(text: &str) -> Result<Profile, ProfileError> {
        let profile: Profile = toml::from_str(text).map_err(|error| {
            ProfileError(describe_toml_error(text, error.span(), error.message()))
        })?;
        let checked = profile.find_violation();
        checked.map_err(|violation| locate(violation, text))?;
        Ok(profile)
    }
}

/// TOML that parses to the same profile.
#[cfg(feature = "profiles")]
impl std::fmt::Display for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&toml::to_string(self).map_err(|_| std::fmt::Error)?)
    }
}
