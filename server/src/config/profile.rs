//! Profiles: the configuration of one or more servers, as a TOML file.
//!
//! Each `[[listener]]` table is a server with a latency, faults and limits, and may have `[[listener.rule]]` tables. The
//! first rule that matches a request decides delay and fault; if no rule matches, latency and faults of the listener do.

use super::listener::Listener;
use crate::config::text::schema_text;
use crate::config::text::serde_text as text;
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The default port of the first listener; further listeners get the next ports.
pub const PORT: u16 = 8000;

/// The listeners that one `flagpole serve` starts, and the seed of their delays and faults.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What the profile imitates, in a line or two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The seed of all delays and faults: 0 to 2^64 - 1, as a string above 2^63 - 1. Default: 0.
    #[serde(default, with = "text::seed")]
    #[schemars(with = "schema_text::Seed")]
    pub seed: u64,
    /// The servers, each on a port of its own.
    #[serde(rename = "listener")]
    pub listeners: Vec<Listener>,
}

impl Profile {
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

    /// The JSON Schema (2020-12) of profiles.
    pub fn schema() -> serde_json::Value {
        SchemaGenerator::default()
            .into_root_schema_for::<Profile>()
            .to_value()
    }
}

/// TOML that parses to the same profile.
impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&toml::to_string(self).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests;
