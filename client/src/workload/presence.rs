//! When the users of a closed model begin requests.

use super::arrivals::connection_stages::ConnectionStages;
use super::changing_users::ChangingUsers;
use std::time::Duration;

/// What decides which users are there.
#[derive(Clone, Debug)]
pub(super) enum Presence {
    /// Stages that are known before the run.
    Stages(ConnectionStages),
    /// Changes while the run goes on.
    Changing(ChangingUsers),
}

impl Presence {
    /// The earliest time from `from` on at which a user may begin, as far as it is known. Users are numbered over all loops.
    pub(super) fn open_from(&self, number: u64, from: Duration) -> Option<Duration> {
        match self {
            Presence::Stages(stages) => stages.open_from(number, from),
            Presence::Changing(users) => users.is_there(number).then_some(from),
        }
    }

    /// When nothing begins any more.
    pub(super) fn end(&self) -> Duration {
        match self {
            Presence::Stages(stages) => stages.end(),
            Presence::Changing(_) => Duration::MAX,
        }
    }

    /// The changing users, if they are.
    pub(super) fn changing(&self) -> Option<&ChangingUsers> {
        match self {
            Presence::Stages(_) => None,
            Presence::Changing(users) => Some(users),
        }
    }

    /// As [`changing`](Presence::changing).
    pub(super) fn changing_mut(&mut self) -> Option<&mut ChangingUsers> {
        match self {
            Presence::Stages(_) => None,
            Presence::Changing(users) => Some(users),
        }
    }
}
