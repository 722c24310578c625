//! Parsing and checks of a profile as a whole.

use super::listener_check::check_listener;
use super::violation::Violation;
use crate::config::check::profile_error::ProfileError;
use crate::config::profile::Profile;
use std::str::FromStr;

impl FromStr for Profile {
    type Err = ProfileError;

    fn from_str(text: &str) -> Result<Profile, ProfileError> {
        let profile: Profile =
            toml::from_str(text).map_err(|error| ProfileError::from_toml(text, &error))?;
        check_profile(&profile).map_err(|violation| ProfileError::in_text(text, violation))?;
        Ok(profile)
    }
}

impl Profile {
    /// Checks ranges, rules, and conditions between several values.
    ///
    /// # Errors
    /// The first violation, with its key.
    pub fn check(&self) -> Result<(), ProfileError> {
        check_profile(self).map_err(ProfileError::without_text)
    }
}

/// Checks everything that serde does not check.
fn check_profile(profile: &Profile) -> Result<(), Violation> {
    if profile.listeners.is_empty() {
        let reason = "expected at least one `[[listener]]`";
        return Err(Violation::at("listener", reason));
    }
    for (index, listener) in profile.listeners.iter().enumerate() {
        check_listener(listener).map_err(|violation| violation.within("listener", index))?;
    }
    for index in 1..profile.listeners.len() {
        check_unique(profile, index).map_err(|violation| violation.within("listener", index))?;
    }
    Ok(())
}

/// Checks that no earlier listener has the port or the name of this one.
fn check_unique(profile: &Profile, index: usize) -> Result<(), Violation> {
    let (earlier, own) = (&profile.listeners[..index], &profile.listeners[index]);
    let has_port = |port: u16| earlier.iter().any(|other| other.port == Some(port));
    if let Some(port) = own.port.filter(|&port| port != 0 && has_port(port)) {
        let reason = format!("port {port} is already used by another listener");
        return Err(Violation::at("port", reason));
    }
    let has_name = |name: &&String| {
        earlier
            .iter()
            .any(|other| other.name.as_ref() == Some(name))
    };
    if let Some(name) = own.name.as_ref().filter(has_name) {
        let reason = format!("name `{name}` is already used by another listener");
        return Err(Violation::at("name", reason));
    }
    Ok(())
}
