//! The users of one loop in a closed model whose number changes while the load goes on.

use super::share::Share;
use super::source::UserChange;
use std::collections::VecDeque;
use std::time::Duration;

/// Users 0 to n - 1 of all loops are there, while n is the number of users. A user that is taken away ends its request and
/// begins nothing further; one that comes back goes on.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChangingUsers {
    /// The number of users of all loops.
    count: u64,
    /// Later changes, in the order of their times.
    changes: VecDeque<UserChange>,
    /// For each user of this loop, whether it waits or has a request in flight.
    is_active: Vec<bool>,
}

impl ChangingUsers {
    pub(super) fn is_there(&self, number: u64) -> bool {
        number < self.count
    }

    /// A user of this loop neither waits nor has a request in flight any more.
    pub(super) fn deactivate(&mut self, user: usize) {
        self.is_active[user] = false;
    }

    pub(super) fn change(&mut self, change: UserChange) {
        self.changes.push_back(change);
    }

    /// When the number changes next.
    pub(super) fn next_change(&self) -> Option<Duration> {
        self.changes.front().map(|change| change.at)
    }

    /// Carries out a change that is due. Returns when it was due, and the users of this loop that begin.
    pub(super) fn apply(&mut self, now: Duration, share: Share) -> Option<(Duration, Vec<usize>)> {
        self.changes.front().filter(|change| change.at <= now)?;
        let UserChange { at, users } = self.changes.pop_front()?;
        self.count = users;
        let count = self.count_of(share);
        self.is_active
            .resize(self.is_active.len().max(count), false);
        let present = self.is_active[..count].iter_mut().enumerate();
        let begin = |(user, is_active): (usize, &mut bool)| {
            let begins = !std::mem::replace(is_active, true);
            begins.then_some(user)
        };
        Some((at, present.filter_map(begin).collect()))
    }

    /// All users are taken away.
    pub(super) fn stop(&mut self) {
        self.count = 0;
        self.changes.clear();
    }

    /// The number of users of this loop that are there.
    pub(super) fn count_of(&self, share: Share) -> usize {
        share.part_of(u32::try_from(self.count).unwrap_or(u32::MAX) as usize)
    }

    /// The number of users from `first` on who wait or have a request in flight.
    pub(super) fn active_from(&self, first: usize) -> usize {
        let active = self.is_active.iter().skip(first);
        active.filter(|is_active| **is_active).count()
    }
}
