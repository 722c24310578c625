//! What waits for a lane, besides fresh jobs.

use flagpole_protocol::AttemptKind;
use flagpole_protocol::Resource;
use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// An attempt that may be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) download: usize,
    /// Where the agenda keeps it.
    pub(crate) slot: usize,
    /// Which of its download's tries it belongs to.
    pub(crate) generation: u32,
    pub(crate) kind: AttemptKind,
    pub(crate) resource: Resource,
    pub(crate) request_number: u64,
    pub(crate) path: Option<Arc<str>>,
    /// Whether what is left of it is not looked at.
    pub(crate) unconditional: bool,
    /// Redirects that led to it.
    pub(crate) hops: u32,
    /// `None` if it is due when its lane is free.
    pub(crate) due: Option<Duration>,
    pub(crate) backoff: Duration,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    /// Retries in back-off; the earliest on top.
    later: BinaryHeap<Reverse<Later>>,
    hops: VecDeque<Request>,
    follow_ups: VecDeque<Request>,
    /// Counts what was ever put off.
    puts: u64,
}

/// Ordered by time and, at one time, by who came first.
#[derive(Clone, Debug)]
struct Later {
    key: (Duration, u64),
    request: Request,
}

impl Queue {
    /// A retry, not before it is due.
    pub(crate) fn later(&mut self, request: Request) {
        let key = (request.due.unwrap_or_default(), self.puts);
        self.puts += 1;
        self.later.push(Reverse(Later { key, request }));
    }

    /// The next hop behind a redirect.
    pub(crate) fn hop(&mut self, request: Request) {
        self.hops.push_back(request);
    }

    /// The next step of a download.
    pub(crate) fn follow(&mut self, request: Request) {
        self.follow_ups.push_back(request);
    }

    /// What goes before fresh jobs: a retry whose time has come, then a hop that is still wanted.
    pub(crate) fn urgent(
        &mut self,
        now: Duration,
        is_wanted: impl Fn(&Request) -> bool,
    ) -> Option<Request> {
        if self.earliest().is_some_and(|due| due <= now) {
            return self.later.pop().map(|Reverse(later)| later.request);
        }
        loop {
            let hop = self.hops.pop_front()?;
            if is_wanted(&hop) {
                return Some(hop);
            }
        }
    }

    /// How many next steps wait.
    pub(crate) fn follow_ups(&self) -> usize {
        self.follow_ups.len()
    }

    /// The next step that has waited longest.
    pub(crate) fn follow_up(&mut self) -> Option<Request> {
        self.follow_ups.pop_front()
    }

    /// The retries in back-off, in no order.
    pub(crate) fn in_backoff(&self) -> impl Iterator<Item = &Request> {
        self.later.iter().map(|Reverse(later)| &later.request)
    }

    /// When the first retry is due.
    pub(crate) fn earliest(&self) -> Option<Duration> {
        self.later.peek().map(|Reverse(later)| later.key.0)
    }
}

impl Ord for Later {
    fn cmp(&self, other: &Later) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl PartialOrd for Later {
    fn partial_cmp(&self, other: &Later) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Later {
    fn eq(&self, other: &Later) -> bool {
        self.key == other.key
    }
}

impl Eq for Later {}
