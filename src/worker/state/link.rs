//! The connection to the master: when which regular message is due, and since when there is no master.

use super::timing::Timing;
use std::time::Duration;

/// Times are since the start of the worker.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) is_connected: bool,
    /// Whether a master has ever known this worker.
    pub(super) was_registered: bool,
    /// Since when a master is looked for; `None` if one knows this worker.
    pub(super) searching_since: Option<Duration>,
    /// When the next attempt to connect is due; `None` while one is made or a connection exists.
    pub(super) attempt_at: Option<Duration>,
    /// Attempts that failed since the last connection.
    failures: u32,
    /// Why the last attempt or connection failed.
    pub(super) last_failure: Option<String>,
    /// The last answer of the master; at first, the connection itself.
    pub(super) last_answer: Duration,
    pub(super) heartbeat_at: Duration,
    pub(super) report_at: Duration,
    pub(super) ready_at: Duration,
}

impl Link {
    pub(super) fn new() -> Link {
        Link {
            is_connected: false,
            was_registered: false,
            searching_since: Some(Duration::ZERO),
            attempt_at: Some(Duration::ZERO),
            failures: 0,
            last_failure: None,
            last_answer: Duration::ZERO,
            heartbeat_at: Duration::ZERO,
            report_at: Duration::ZERO,
            ready_at: Duration::ZERO,
        }
    }

    pub(super) fn connected(&mut self, now: Duration) {
        self.is_connected = true;
        self.attempt_at = None;
        self.failures = 0;
        self.last_answer = now;
        self.heartbeat_at = now;
    }

    pub(super) fn registered(&mut self, now: Duration) {
        self.was_registered = true;
        self.searching_since = None;
        self.last_answer = now;
    }

    /// The connection is closed; a new one is looked for from now on.
    pub(super) fn closed(&mut self, now: Duration, cause: Option<String>) {
        self.is_connected = false;
        self.searching_since = self.searching_since.or(Some(now));
        self.last_failure = cause;
    }

    /// An attempt failed. Returns whether it is the first.
    pub(super) fn failed(&mut self, now: Duration, cause: String, timing: &Timing) -> bool {
        let doubled = timing.first_delay * 2_u32.saturating_pow(self.failures.min(16));
        self.attempt_at = Some(now + doubled.min(timing.longest_delay));
        self.failures += 1;
        self.last_failure = Some(cause);
        self.failures == 1
    }

    /// When the search for a master is given up.
    pub(super) fn give_up_at(&self, timing: &Timing) -> Option<Duration> {
        Some(self.searching_since? + timing.reconnect_timeout)
    }
}
