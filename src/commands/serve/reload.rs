//! Reading the file of the profile again at SIGHUP.

use crate::commands::serve::listeners::RunningListener;
use anyhow::{Result, anyhow, bail};
use flagpole_server::Profile;

/// Makes the servers, which were started with the listeners of `earlier`, follow a profile: all of them or none.
///
/// # Errors
/// If the profile has other listeners, or if its configuration is invalid.
pub(super) fn apply(
    profile: &Profile,
    running: &[RunningListener],
    earlier: &Profile,
) -> Result<()> {
    check_same_listeners(profile, earlier)?;
    let pairs = running.iter().zip(&profile.listeners);
    let changes = pairs.map(|(one, listener)| {
        let change = one.server.prepare(listener.clone(), profile.seed);
        change.map_err(|error| anyhow!("--profile: {error}"))
    });
    // All are valid before the first takes effect.
    let changes: Result<Vec<_>> = changes.collect();
    for change in changes? {
        change.apply();
    }
    Ok(())
}

fn check_same_listeners(profile: &Profile, earlier: &Profile) -> Result<()> {
    let stays = "cannot change while the server runs";
    let (expected, got) = (earlier.listeners.len(), profile.listeners.len());
    if got != expected {
        bail!("--profile: the number of listeners {stays}: expected {expected}, got {got}");
    }
    let pairs = earlier.listeners.iter().zip(&profile.listeners);
    for (index, (expected, got)) in pairs.enumerate() {
        if got.name != expected.name {
            let name = |name: &Option<String>| match name {
                Some(name) => format!("the name `{name}`"),
                None => "no name".to_owned(),
            };
            let (expected, got) = (name(&expected.name), name(&got.name));
            bail!("--profile: listener[{index}]: expected {expected}, got {got}; names {stays}");
        }
        if got.port != expected.port {
            let (expected, got) = (expected.port.unwrap_or(0), got.port.unwrap_or(0));
            bail!(
                "--profile: listener[{index}].port: expected {expected}, got {got}; ports {stays}"
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_of_listeners_stays() {
        let profile = |text: &str| text.parse::<Profile>().unwrap().with_ports();
        let earlier = profile("[[listener]]\nname = 'A'\n[[listener]]\nname = 'B'\n");
        let refused = |text| {
            let refused = check_same_listeners(&profile(text), &earlier);
            refused.unwrap_err().to_string()
        };
        assert_eq!(
            refused("[[listener]]\nname = 'A'\n"),
            "--profile: the number of listeners cannot change while the server runs: expected 2, got 1"
        );
        assert_eq!(
            refused("[[listener]]\nname = 'A'\n[[listener]]\n"),
            "--profile: listener[1]: expected the name `B`, got no name; names cannot change while the server runs"
        );
        assert_eq!(
            refused("[[listener]]\nname = 'A'\nport = 9\n[[listener]]\nname = 'B'\n"),
            "--profile: listener[0].port: expected 8000, got 9; ports cannot change while the server runs"
        );
        let changed = "[[listener]]\nname = 'A'\nlatency = '5ms'\n[[listener]]\nname = 'B'\n";
        check_same_listeners(&profile(changed), &earlier).unwrap();
    }
}
