//! The attempts that wait for a slot, except first tries.

use super::ready_attempt::ReadyAttempt;
use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

#[derive(Clone, Debug, Default)]
pub(super) struct ReadyQueue {
    /// The retry that is due first is on top.
    retries: BinaryHeap<Reverse<DelayedAttempt>>,
    /// Redirect hops, and requests repeated without conditional headers.
    immediate: VecDeque<ReadyAttempt>,
    /// The metadata of staged flags.
    followups: VecDeque<ReadyAttempt>,
    /// Number of retries ever pushed; makes retries of equal due time first in, first out.
    pushed: u64,
}

/// Ordered by due time, then by insertion.
#[derive(Clone, Debug)]
struct DelayedAttempt {
    key: (Duration, u64),
    attempt: ReadyAttempt,
}

impl ReadyQueue {
    /// Queues a retry until its due time.
    pub(super) fn push_retry(&mut self, attempt: ReadyAttempt) {
        let key = (attempt.due.unwrap_or_default(), self.pushed);
        self.pushed += 1;
        self.retries.push(Reverse(DelayedAttempt { key, attempt }));
    }

    /// Queues a redirect hop or an unconditional request until a slot is free.
    pub(super) fn push_immediate(&mut self, attempt: ReadyAttempt) {
        self.immediate.push_back(attempt);
    }

    /// Queues the metadata of a staged flag until a slot is free.
    pub(super) fn push_followup(&mut self, attempt: ReadyAttempt) {
        self.followups.push_back(attempt);
    }

    /// The next attempt with priority over new downloads: a due retry, then an immediate attempt. Drops immediate
    /// attempts that are not `is_current`; retries always are.
    pub(super) fn pop_ready(
        &mut self,
        now: Duration,
        is_current: impl Fn(&ReadyAttempt) -> bool,
    ) -> Option<ReadyAttempt> {
        if self.next_retry_at().is_some_and(|due| due <= now) {
            return self.retries.pop().map(|Reverse(delayed)| delayed.attempt);
        }
        loop {
            let attempt = self.immediate.pop_front()?;
            if is_current(&attempt) {
                return Some(attempt);
            }
        }
    }

    pub(super) fn followup_count(&self) -> usize {
        self.followups.len()
    }

    pub(super) fn pop_followup(&mut self) -> Option<ReadyAttempt> {
        self.followups.pop_front()
    }

    /// The retries in backoff, in no particular order.
    pub(super) fn in_backoff(&self) -> impl Iterator<Item = &ReadyAttempt> {
        self.retries.iter().map(|Reverse(delayed)| &delayed.attempt)
    }

    pub(super) fn next_retry_at(&self) -> Option<Duration> {
        self.retries.peek().map(|Reverse(delayed)| delayed.key.0)
    }
}

impl Ord for DelayedAttempt {
    fn cmp(&self, other: &DelayedAttempt) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl PartialOrd for DelayedAttempt {
    fn partial_cmp(&self, other: &DelayedAttempt) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for DelayedAttempt {
    fn eq(&self, other: &DelayedAttempt) -> bool {
        self.key == other.key
    }
}

impl Eq for DelayedAttempt {}
