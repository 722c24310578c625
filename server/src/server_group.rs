//! The servers of one profile, which change together.

use crate::config::listener::Listener;
use crate::config::profile::Profile;
use crate::config::profile_error::ProfileError;
use crate::server_control::{PreparedChange, ServerControl};
use std::sync::{Arc, Mutex, PoisonError};

/// The running servers of a profile, one for each listener. Clones refer to the same servers.
///
/// ```
/// use flagpole_server::{BlockingServer, ServerGroup};
///
/// let servers = [BlockingServer::builder().start()?, BlockingServer::builder().start()?];
/// let group = ServerGroup::new(servers.iter().map(|server| server.control()));
/// let mut profile = group.profile();
/// profile.listeners[1].latency = "20ms".parse()?;
/// group.set_profile(profile)?;
/// assert_eq!(servers[1].listener().latency.to_string(), "20ms");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ServerGroup {
    servers: Arc<[ServerControl]>,
    /// `about` of the profile; locked while the profile changes, so that changes come one after the other.
    about: Arc<Mutex<Option<String>>>,
}

impl ServerGroup {
    /// A group of these servers, in the order of the profile.
    pub fn new(servers: impl IntoIterator<Item = ServerControl>) -> ServerGroup {
        ServerGroup {
            servers: servers.into_iter().collect(),
            about: Arc::default(),
        }
    }

    /// Sets what the profile imitates.
    pub fn about(self, about: Option<String>) -> ServerGroup {
        *self.about.lock().unwrap_or_else(PoisonError::into_inner) = about;
        self
    }

    /// The servers, in the order of the profile.
    pub fn servers(&self) -> &[ServerControl] {
        &self.servers
    }

    /// The profile that the servers follow; each listener has the port that it listens on.
    pub fn profile(&self) -> Profile {
        let about = self.about.lock().unwrap_or_else(PoisonError::into_inner);
        self.profile_with(about.as_ref())
    }

    fn profile_with(&self, about: Option<&String>) -> Profile {
        let listeners = self.servers.iter().map(|server| {
            let port = Some(server.addr().port());
            Listener {
                port,
                ..server.listener()
            }
        });
        Profile {
            about: about.cloned(),
            seed: self.servers.first().map_or(0, ServerControl::seed),
            listeners: listeners.collect(),
        }
    }

    /// Makes all servers follow a profile, as [`ServerControl::set_listener`] does. It must have as many listeners as there
    /// are servers, with the same names, and with the same ports or none.
    ///
    /// # Errors
    /// If it has other listeners, or if its configuration is invalid; then nothing changes.
    pub fn set_profile(&self, profile: Profile) -> Result<(), ProfileError> {
        self.update(|_current| Ok(profile)).map(drop)
    }

    /// As [`set_profile`](ServerGroup::set_profile), with a profile that `next` makes of the current one while no other
    /// change can come in between. Returns the profile that the servers follow now.
    ///
    /// # Errors
    /// Those of `next` and of [`set_profile`](ServerGroup::set_profile).
    pub fn update<E: From<ProfileError>>(
        &self,
        next: impl FnOnce(&Profile) -> Result<Profile, E>,
    ) -> Result<Profile, E> {
        let mut about = self.about.lock().unwrap_or_else(PoisonError::into_inner);
        let profile = next(&self.profile_with(about.as_ref()))?;
        // All are valid before the first takes effect.
        let changes = self.prepare(&profile)?;
        changes.into_iter().for_each(PreparedChange::apply);
        *about = profile.about;
        Ok(self.profile_with(about.as_ref()))
    }

    fn prepare(&self, profile: &Profile) -> Result<Vec<PreparedChange>, ProfileError> {
        let (expected, got) = (self.servers.len(), profile.listeners.len());
        if expected != got {
            return Err(ProfileError::from_display(format!(
                "expected {expected} listener{}, got {got}; their number cannot change while the server runs",
                if expected == 1 { "" } else { "s" }
            )));
        }
        let servers = self.servers.iter().zip(&profile.listeners).enumerate();
        let changes = servers.map(|(index, (server, listener))| {
            let located =
                |reason| ProfileError::from_display(format!("listener[{index}].{reason}"));
            check_identity(server, listener).map_err(located)?;
            let change = server.prepare(listener.clone(), profile.seed);
            change.map_err(|error| located(error.to_string()))
        });
        changes.collect()
    }
}

impl<const N: usize> From<[ServerControl; N]> for ServerGroup {
    fn from(servers: [ServerControl; N]) -> ServerGroup {
        ServerGroup::new(servers)
    }
}

/// Refuses another name or port than those of the server.
fn check_identity(server: &ServerControl, listener: &Listener) -> Result<(), String> {
    let stays = "cannot change while the server runs";
    let quoted = |name: &Option<String>| match name {
        Some(name) => format!("`{name}`"),
        None => "no name".to_owned(),
    };
    let (before, port) = (server.listener(), server.addr().port());
    if listener.name != before.name {
        let (expected, got) = (quoted(&before.name), quoted(&listener.name));
        return Err(format!(
            "name: expected {expected}, got {got}; names {stays}"
        ));
    }
    match listener.port {
        Some(got) if got != port && before.port != Some(got) => {
            Err(format!("port: expected {port}, got {got}; ports {stays}"))
        }
        _ => Ok(()),
    }
}
