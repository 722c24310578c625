//! Profiles: what servers do, in a file that can be sent to a colleague.
//!
//! A profile is TOML: `[[listener]]` tables, each with its latency, faults and limits, and in each
//! `[[listener.rule]]` tables. The first rule that matches a request decides wholly; the listener
//! itself is the last rule. What can not be read is refused with its place in the text.

use super::listener::Listener;
use super::serde_text as text;
use super::source_location::{self as place, Places, SourceLocation, Step};
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The port of a first listener that names none; the next ones follow.
pub const PORT: u16 = 8000;

/// A profile: the listeners of one `flagpole serve`, and the seed of their fates.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What it imitates, in a line or two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The seed of all delays and faults: 0 to 2^64 - 1, as a string above 2^63 - 1; 0 if none is
    /// given.
    #[serde(default, with = "text::seed")]
    #[schemars(with = "text::Seed")]
    pub seed: u64,
    /// The servers, each on a port of its own.
    #[serde(rename = "listener")]
    pub listeners: Vec<Listener>,
}

/// The place so many bytes from the start of a text in TOML: that of the innermost key that stands there.
/// For files that hold a part of a profile.
pub fn place(text: &str, offset: usize) -> SourceLocation {
    Places::of(text).at(offset)
}

/// A profile that can not be used, and where in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileError {
    place: Option<SourceLocation>,
    reason: String,
}

/// A broken rule: the steps to its key, and the sentence.
pub(crate) type Breach = (Vec<Step>, String);

/// Why a name can not be shown in one line, if it can not.
pub(crate) fn name_breach(name: &str) -> Option<String> {
    let is_shown = (1..=64).contains(&name.chars().count()) && !name.contains(char::is_control);
    let got = name.escape_debug();
    (!is_shown).then(|| format!("expected 1 to 64 printable letters, got `{got}`"))
}

impl Profile {
    /// Checks what is not a matter of one key alone.
    ///
    /// # Errors
    /// The first breach, without a place: there is no text.
    pub fn check(&self) -> Result<(), ProfileError> {
        self.breach()
            .map_or(Ok(()), |breach| Err(ProfileError::without_text(&breach)))
    }

    /// Gives a port to each listener that has none: 8000 to the first, 8001 to the second and so on, or the
    /// next one that no other has.
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

    /// The schema of profiles, as JSON Schema 2020-12.
    pub fn schema() -> serde_json::Value {
        SchemaGenerator::default()
            .into_root_schema_for::<Profile>()
            .to_value()
    }

    fn breach(&self) -> Option<Breach> {
        let key = |index: usize| vec![Step::key("listener"), Step::Index(index)];
        let within = |(index, listener): (usize, &Listener)| {
            let (steps, reason) = listener.breach()?;
            Some(([key(index), steps].concat(), reason))
        };
        if self.listeners.is_empty() {
            return Some((
                vec![Step::key("listener")],
                "expected at least one `[[listener]]`".to_owned(),
            ));
        }
        self.listeners
            .iter()
            .enumerate()
            .find_map(within)
            .or_else(|| {
                let twice = (1..self.listeners.len()).find_map(|index| self.taken(index))?;
                Some(([key(twice.0), vec![Step::key(twice.1)]].concat(), twice.2))
            })
    }

    /// What a listener shares with one before it, though it may not.
    fn taken(&self, index: usize) -> Option<(usize, &'static str, String)> {
        let (before, own) = (&self.listeners[..index], &self.listeners[index]);
        let has_port = |port: u16| before.iter().any(|other| other.port == Some(port));
        if let Some(port) = own.port.filter(|&port| port != 0 && has_port(port)) {
            return Some((
                index,
                "port",
                format!("port {port} is another listener's already"),
            ));
        }
        let has_name = |name: &String| before.iter().any(|other| other.name.as_ref() == Some(name));
        let name = own.name.as_ref().filter(|name| has_name(name))?;
        Some((
            index,
            "name",
            format!("`{name}` is another listener's name already"),
        ))
    }
}

impl ProfileError {
    pub(crate) fn without_text((key, reason): &Breach) -> ProfileError {
        let key = place::spelled(key);
        let reason = if key.is_empty() {
            reason.clone()
        } else {
            format!("{key}: {reason}")
        };
        ProfileError {
            place: None,
            reason,
        }
    }
}

impl FromStr for Profile {
    type Err = ProfileError;

    fn from_str(text: &str) -> Result<Profile, ProfileError> {
        let profile: Profile = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            ProfileError {
                place: Some(Places::of(text).at(at)),
                reason: error.message().trim_end().replace('\n', "; "),
            }
        })?;
        match profile.breach() {
            None => Ok(profile),
            Some((key, reason)) => Err(ProfileError {
                place: Some(Places::of(text).find(&key)),
                reason,
            }),
        }
    }
}

/// The profile as TOML that reads back as the same profile.
impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&toml::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// `LINE:COLUMN: KEY: SENTENCE`.
impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl std::error::Error for ProfileError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        text.parse::<Profile>().unwrap_err().to_string()
    }

    #[test]
    fn a_profile_is_read_whole() {
        let text = r#"
            about = "two servers"
            seed = 7
            [[listener]]
            name = "CLEAN"
            [[listener]]
            name = "BAD"
            port = 0
            latency = "uniform:1ms..2ms"
            faults = ["404@5%", "reset:50%@1%"]
            concurrency_limit = 8
            queue = 16
            rate_limit = "100/s"
            [[listener.rule]]
            name = "outage"
            method = "GET"
            path = "/flags/*/*.gif"
            first = 9
            every = 5
            n = "3..6"
            from = "5s"
            to = "10s"
            faults = [503]
        "#;
        let profile: Profile = text.parse().unwrap();
        assert_eq!((profile.seed, profile.listeners.len()), (7, 2));
        let bad = &profile.listeners[1];
        assert_eq!(bad.latency.to_string(), "uniform:1ms..2ms");
        assert_eq!(bad.rules[0].faults[0].to_string(), "503@100%");
        assert_eq!(bad.rules[0].from, Some(std::time::Duration::from_secs(5)));
        let ports: Vec<_> = profile
            .with_ports()
            .listeners
            .iter()
            .map(|one| one.port)
            .collect();
        assert_eq!(ports, [Some(8000), Some(0)]);
    }

    #[test]
    fn capacity_is_read_as_the_concurrency_limit() {
        let profile: Profile = "[[listener]]\ncapacity = 8".parse().unwrap();
        assert_eq!(profile.listeners[0].concurrency_limit, Some(8));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_its_key() {
        for (text, told) in [
            ("", "1:1: missing field `listener`"),
            (
                "listener = []",
                "1:1: listener: expected at least one `[[listener]]`",
            ),
            (
                "[[listener]]\nlatency = 'fast'",
                "2:11: listener[0].latency: expected a duration such as `50ms` or `1.5s`, got `fast`",
            ),
            (
                "[[listener]]\n[[listener.rule]]\n  pth = '/'",
                "3:3: listener[0].rule[0].pth: unknown field `pth`, expected one of `name`, `method`, `path`, `first`, `every`, `n`, `from`, `to`, `latency`, `faults`",
            ),
            (
                "[[listener]]\n[[listener.rule]]\npath = '/['",
                "3:8: listener[0].rule[0].path: bad glob `/[`: unclosed character class; missing ']'",
            ),
            (
                "[[listener]]\n[[listener.rule]]\nfaults = ['404@60%', '500@50%']",
                "3:1: listener[0].rule[0].faults: the probabilities of all faults add up to at most 100%, got `110%`",
            ),
            (
                "[[listener]]\nqueue = 3",
                "2:1: listener[0].queue: needs `concurrency_limit`",
            ),
            (
                "[[listener]]\nport = 80\n[[listener]]\nport = 80",
                "4:1: listener[1].port: port 80 is another listener's already",
            ),
            (
                "[[listener]]\nname = 'a'\n[[listener]]\nname = 'a'",
                "4:1: listener[1].name: `a` is another listener's name already",
            ),
            (
                "[[listener]]\n[[listener.rule]]\n[[listener.rule]]\nfirst = 2",
                "3:1: listener[0].rule[1]: never reached: `rule[0]` matches every request",
            ),
            (
                "[[listener]]\n[[listener.rule]]\nfirst = 2\nn = '5..'",
                "2:1: listener[0].rule[0]: no request number satisfies `first`, `every` and `n` of this rule",
            ),
            (
                "[[listener]]\n[[listener.rule]]\nname = 'a'\nn = 1\n[[listener.rule]]\nname = 'a'",
                "6:1: listener[0].rule[1].name: `a` is another rule's name already",
            ),
            (
                "[[listener]]\n[[listener.rule]]\nname = 'listener'",
                "3:1: listener[0].rule[0].name: the journal calls something else `listener`",
            ),
            (
                "[[listener]]\n[[listener.rule]]\nfirst = 0",
                "3:1: listener[0].rule[0].first: expected a whole number from 1, got `0`",
            ),
            (
                "[[listener]]\n[[listener.rule]]\nfrom = '5s'\nto = '2s'",
                "4:1: listener[0].rule[0].to: expected a time after `5s`, got `2s`",
            ),
            (
                "[[listener]]\n[[listener.rule]]\nfrom = 5",
                "3:8: listener[0].rule[0].from: expected a duration such as `50ms` or `1.5s`, got `5`",
            ),
            (
                "[[listener]]\n[[listener.rule]]\nmethod = 'get'",
                "3:1: listener[0].rule[0].method: expected a method such as `GET`, got `get`",
            ),
            ("[[listener]\n", "1:12: unclosed array table, expected `]`"),
            (
                "seed = -1\n[[listener]]",
                "1:8: seed: expected 0 to 18446744073709551615, got `-1`",
            ),
            (
                "[[listener]]\nfaults = ['404@5%', '50@5%']",
                "2:21: listener[0].faults[1]: status: expected a status of 200 to 999, such as `404`, got `50`",
            ),
        ] {
            assert_eq!(refused(text), told);
        }
    }

    #[test]
    fn what_is_printed_reads_back_as_the_same() {
        let text = "seed = '18446744073709551615'\n[[listener]]\nlatency = '5ms'\n\
            [[listener.rule]]\nn = 3\nto = '1s'\nfaults = ['404@5%']\n[[listener.rule]]\nfirst = 2";
        let printed = text.parse::<Profile>().unwrap().to_string();
        assert_eq!(printed.parse::<Profile>().unwrap().to_string(), printed);
        assert!(
            printed.starts_with("seed = \"18446744073709551615\"\n"),
            "{printed}"
        );
    }

    #[test]
    fn the_schema_knows_every_key_and_no_other() {
        let schema = Profile::schema();
        let listener = &schema["$defs"]["Listener"];
        assert_eq!(listener["additionalProperties"], false);
        let keys = |object: &serde_json::Value| {
            object["properties"]
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(keys(&schema), ["about", "listener", "seed"]);
        assert_eq!(
            keys(&schema["$defs"]["Rule"]),
            [
                "every", "faults", "first", "from", "latency", "method", "n", "name", "path", "to"
            ]
        );
        assert!(schema["$defs"]["Rule"]["properties"]["latency"]["description"].is_string());
    }
}
