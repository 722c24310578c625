//! The ledger: a server's counts of everything that it did. Their size does not grow with the number of requests. Each
//! worker counts in a ledger of its own; the ledgers of all workers add up to that of the server.

mod delta;
mod display;
mod serialize;
mod sum;

use crate::cause::Cause;
use crate::journal_entry::JournalEntry;
use hdrhistogram::Histogram;
use std::collections::BTreeMap;
use std::time::Duration;

/// What a server, or one of its workers, did since it was started.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// Requests of which the head was parsed.
    pub requests: u64,
    /// Responses written to their last byte.
    pub completed: u64,
    /// Responses that ended before their last byte, because a fault was injected, the peer left or the server stopped.
    /// Requests that are neither completed nor aborted are in progress.
    pub aborted: u64,
    /// Responses that were started, by status.
    pub by_status: BTreeMap<u16, u64>,
    /// Requests by why their response was as it was.
    pub by_cause: BTreeMap<Cause, u64>,
    /// The largest number of requests in service at a time; 0 without a concurrency limit.
    pub peak_concurrency: u64,
    /// Accepted connections.
    pub connections: u64,
    /// Connections that ended in an error: reset by the peer, or not HTTP.
    pub connection_errors: u64,
    /// Failures to accept a connection, for example for lack of file descriptors.
    pub accept_errors: u64,
    /// The lateness of delayed responses, in nanoseconds, to 3 significant digits: the time from when a response was
    /// due until its first write returned.
    pub lateness: Histogram<u64>,
    /// Delayed responses whose first write returned before they were due; above 0 only if the server has a defect.
    pub early_responses: u64,
    /// The journal entries of the first finished requests, as many as a worker may store.
    pub entries: Vec<JournalEntry>,
    /// The number of journal entries that were not stored, because a worker had stored as many as it may.
    pub entries_dropped: u64,
}

impl Default for Ledger {
    fn default() -> Self {
        Ledger {
            requests: 0,
            completed: 0,
            aborted: 0,
            by_status: BTreeMap::new(),
            by_cause: BTreeMap::new(),
            peak_concurrency: 0,
            connections: 0,
            connection_errors: 0,
            accept_errors: 0,
            lateness: Histogram::new(3).expect("3 significant digits are allowed"),
            early_responses: 0,
            entries: Vec::new(),
            entries_dropped: 0,
        }
    }
}

impl Ledger {
    /// The quantile (0 to 1) of the lateness of delayed responses.
    pub fn lateness_at(&self, quantile: f64) -> Duration {
        Duration::from_nanos(self.lateness.value_at_quantile(quantile))
    }
}

impl Ledger {
    /// Counts an accepted connection.
    pub fn count_connection(&mut self) {
        self.connections += 1;
    }

    /// Counts a connection that ended in an error.
    pub fn count_connection_error(&mut self) {
        self.connection_errors += 1;
    }

    /// Counts a failure to accept a connection.
    pub fn count_accept_error(&mut self) {
        self.accept_errors += 1;
    }

    /// Counts a request of which the head was parsed.
    pub fn count_request(&mut self, cause: &Cause) {
        self.requests += 1;
        match self.by_cause.get_mut(cause) {
            Some(count) => *count += 1,
            None => *self.by_cause.entry(cause.clone()).or_default() += 1,
        }
    }

    /// Counts a response that was started with this status.
    pub fn count_response(&mut self, status: u16) {
        *self.by_status.entry(status).or_default() += 1;
    }

    /// Counts a delayed response by the lateness of its first write.
    ///
    /// # Panics
    /// Never: the histogram resizes itself.
    pub fn record_lateness(&mut self, lateness: Duration) {
        let nanos = u64::try_from(lateness.as_nanos()).unwrap_or(u64::MAX);
        self.lateness
            .record(nanos)
            .expect("a histogram that resizes itself takes any value");
    }

    /// Counts a delayed response whose first write returned before the response was due, with a lateness of 0.
    pub fn record_early_response(&mut self) {
        self.early_responses += 1;
        self.record_lateness(Duration::ZERO);
    }

    /// Counts a response that was written to its last byte.
    pub fn count_completed(&mut self) {
        self.completed += 1;
    }

    /// Counts a response that ended before its last byte.
    pub fn count_aborted(&mut self) {
        self.aborted += 1;
    }

    /// Stores a journal entry, or counts the entry as dropped if `capacity` entries are stored.
    pub fn store_entry(&mut self, entry: JournalEntry, capacity: usize) {
        if self.entries.len() == capacity {
            self.entries_dropped += 1;
        } else {
            self.entries.push(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_response_is_counted_with_a_lateness_of_0() {
        let mut ledger = Ledger::default();
        ledger.record_early_response();
        assert_eq!((ledger.early_responses, ledger.lateness.len()), (1, 1));
        assert_eq!(ledger.lateness_at(1.0), Duration::ZERO);
    }
}
