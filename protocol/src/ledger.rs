//! The server's counts of everything that it did, of a size that does not grow with the number of requests, and
//! journal entries if requests are logged. Ledgers of workers add up.

mod delta;
mod display;
mod serialize;
mod sum;

use crate::cause::Cause;
use crate::journal_entry::JournalEntry;
use hdrhistogram::Histogram;
use std::collections::BTreeMap;
use std::time::Duration;

/// What a server, or one of its workers, did.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// Requests of which the head was parsed.
    pub requests: u64,
    /// Responses written to their last byte.
    pub completed: u64,
    /// Responses that were not, because the peer left or the server stopped. Requests in neither count are in progress.
    pub aborted: u64,
    /// Responses that were started, by status.
    pub by_status: BTreeMap<u16, u64>,
    /// Requests by cause.
    pub by_cause: BTreeMap<Cause, u64>,
    /// The largest number of requests in service at a time; 0 without a concurrency limit.
    pub peak_concurrency: u64,
    /// Accepted connections.
    pub connections: u64,
    /// Connections that ended in an error: reset by the peer, or not HTTP.
    pub connection_errors: u64,
    /// Failures to accept a connection, for example for lack of file descriptors.
    pub accept_errors: u64,
    /// The time from when delayed responses were due until their first write returned, in nanoseconds, to 3 significant
    /// digits.
    pub lateness: Histogram<u64>,
    /// Delayed responses whose first write returned before they were due; always 0.
    pub early: u64,
    /// The first finished requests, up to the capacity of each worker.
    pub entries: Vec<JournalEntry>,
    /// Entries beyond that capacity.
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
            early: 0,
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

/// What the server counts.
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

    /// Counts a delayed response by its lateness; `Err` has how early its first write returned.
    ///
    /// # Panics
    /// Never: the histogram resizes itself.
    pub fn record_lateness(&mut self, lateness: Result<Duration, Duration>) {
        self.early += u64::from(lateness.is_err());
        let nanos = lateness.unwrap_or_default().as_nanos();
        self.lateness
            .record(u64::try_from(nanos).unwrap_or(u64::MAX))
            .expect("a histogram that resizes itself takes any value");
    }

    /// Counts a finished request; stores its entry, if there is one, unless `capacity` entries are stored.
    pub fn finish_request(
        &mut self,
        completed: bool,
        entry: Option<JournalEntry>,
        capacity: usize,
    ) {
        *(if completed {
            &mut self.completed
        } else {
            &mut self.aborted
        }) += 1;
        let Some(entry) = entry else { return };
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
    fn an_early_response_is_counted() {
        let mut ledger = Ledger::default();
        ledger.record_lateness(Err(Duration::from_nanos(1)));
        assert_eq!(ledger.early, 1);
    }
}
