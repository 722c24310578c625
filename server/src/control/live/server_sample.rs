//! What is read from running servers for a snapshot: counts, the profile, and the newest requests.

use crate::config::profile::Profile;
use crate::observe::journal_selection::JournalSelection;
use crate::server_control::ServerControl;
use crate::server_group::ServerGroup;
use flagpole_protocol::{JournalEntry, Ledger};
use std::time::{Duration, Instant, UNIX_EPOCH};

/// Maximum number of requests that are read. More would keep workers from their log for longer.
const MAX_REQUESTS: usize = 256;

/// The servers at one moment.
#[derive(Debug)]
pub(super) struct ServerSample {
    pub(super) taken: Instant,
    /// The wall-clock time since the Unix epoch.
    pub(super) unix_time: Duration,
    pub(super) profile: Profile,
    /// In the order of the profile.
    pub(super) listeners: Vec<ListenerSample>,
    /// The newest requests of all listeners, oldest first; `None` if they were not read.
    pub(super) requests: Option<Vec<JournalEntry>>,
}

#[derive(Debug)]
pub(super) struct ListenerSample {
    pub(super) url: String,
    pub(super) is_serving: bool,
    pub(super) open_connections: usize,
    /// The counts since the last reset.
    pub(super) ledger: Ledger,
}

impl ServerSample {
    /// Reads the counts, and with `has_requests` the newest requests.
    pub(super) fn take(servers: &ServerGroup, has_requests: bool) -> ServerSample {
        let logs = || servers.servers().iter().flat_map(ServerControl::logs);
        let requests =
            has_requests.then(|| JournalSelection::newest(logs(), MAX_REQUESTS).read_all());
        ServerSample {
            taken: Instant::now(),
            unix_time: UNIX_EPOCH.elapsed().unwrap_or_default(),
            profile: servers.profile(),
            listeners: servers.servers().iter().map(listener).collect(),
            requests,
        }
    }
}

fn listener(server: &ServerControl) -> ListenerSample {
    ListenerSample {
        url: server.url(),
        is_serving: server.is_serving(),
        open_connections: server.open_connections(),
        ledger: server.ledger(),
    }
}
