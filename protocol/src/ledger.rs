//! The ledger: a server's counts of everything that it did. Their size does not grow with the number of requests. Each
//! worker counts in a ledger of its own; the ledgers of all workers add up to that of the server.

use crate::cause::Cause;
use crate::record::latency_stats::LatencyStats;
use crate::server_limit::ServerLimit;
use crate::spec::SpecError;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt::{self, Debug, Display};
use std::ops::AddAssign;
use std::str::FromStr;
use std::time::Duration;

/// What a server, or one of its workers, did since it was started.
///
/// ```
/// use flagpole_protocol::{Cause, Ledger};
///
/// let (mut sum, mut worker) = (Ledger::default(), Ledger::default());
/// worker.count_request(&Cause::Clean);
/// sum += &worker;
/// assert_eq!((sum.requests, sum.by_cause[&Cause::Clean]), (1, 1));
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Ledger {
    /// Requests of which the head was parsed.
    pub requests: u64,
    /// Responses written to their last byte.
    pub completed: u64,
    /// Responses that ended before their last byte because the peer left: it reset the connection, or a write failed.
    pub aborted: u64,
    /// Responses that ended before their last byte because of a fault.
    pub ended_by_fault: u64,
    /// Responses that ended before their last byte because the server stopped.
    pub ended_by_stop: u64,
    /// Responses that ended before their last byte because the peer did not read them in time.
    pub timed_out: u64,
    /// Responses that were started, by status.
    pub by_status: BTreeMap<u16, u64>,
    /// Requests by why their response was as it was.
    pub by_cause: BTreeMap<Cause, u64>,
    /// The largest number of requests in service at a time; 0 without a concurrency limit.
    pub peak_concurrency: u64,
    /// Accepted connections.
    pub connections: u64,
    /// Responses to what was no valid request, and is in no other count of requests, by status.
    pub protocol_errors: BTreeMap<u16, u64>,
    /// Connections that were broken off: reset by the peer, or closed within a request.
    pub connection_errors: u64,
    /// Failures to accept a connection, for example for lack of file descriptors.
    pub accept_errors: u64,
    /// How often each limit on connections and requests was reached.
    pub limits_reached: BTreeMap<ServerLimit, u64>,
    /// The lateness of delayed responses: the time from when a response was due until its first write returned.
    pub lateness: LatencyStats,
    /// Delayed responses whose first write returned before they were due; above 0 only if the server has a defect.
    pub early_responses: u64,
}

/// How a response ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseEnd {
    /// Its last byte was written.
    Completed,
    /// The peer reset the connection, or a write failed.
    PeerLeft,
    /// A fault ended the connection before its last byte.
    Fault,
    /// The server stopped.
    ServerStopped,
    /// The peer did not read it in time.
    TimedOut,
}

impl ResponseEnd {
    /// Every way to end.
    pub const ALL: [ResponseEnd; 5] = [
        ResponseEnd::Completed,
        ResponseEnd::PeerLeft,
        ResponseEnd::Fault,
        ResponseEnd::ServerStopped,
        ResponseEnd::TimedOut,
    ];

    /// As in the journal.
    pub const fn label(self) -> &'static str {
        match self {
            ResponseEnd::Completed => "completed",
            ResponseEnd::PeerLeft => "peer left",
            ResponseEnd::Fault => "fault",
            ResponseEnd::ServerStopped => "server stopped",
            ResponseEnd::TimedOut => "timed out",
        }
    }
}

impl Display for ResponseEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

impl FromStr for ResponseEnd {
    type Err = SpecError;

    fn from_str(label: &str) -> Result<ResponseEnd, SpecError> {
        let mut ends = ResponseEnd::ALL.into_iter();
        let labels = ResponseEnd::ALL.map(ResponseEnd::label);
        let found = ends.find(|end| end.label() == label);
        found.ok_or_else(|| SpecError::unknown("end", label, labels))
    }
}

impl Serialize for ResponseEnd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.label())
    }
}

impl Ledger {
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
        // Quicker than `entry`, and called for every request.
        match self.by_status.get_mut(&status) {
            Some(count) => *count += 1,
            None => *self.by_status.entry(status).or_default() += 1,
        }
    }

    /// Counts a response that ended.
    pub fn count_end(&mut self, end: ResponseEnd) {
        *match end {
            ResponseEnd::Completed => &mut self.completed,
            ResponseEnd::PeerLeft => &mut self.aborted,
            ResponseEnd::Fault => &mut self.ended_by_fault,
            ResponseEnd::ServerStopped => &mut self.ended_by_stop,
            ResponseEnd::TimedOut => &mut self.timed_out,
        } += 1;
    }

    /// Requests whose response has ended.
    pub fn ended(&self) -> u64 {
        let ended = self.completed + self.aborted + self.ended_by_fault;
        ended + self.ended_by_stop + self.timed_out
    }

    /// Requests whose response has not ended.
    pub fn in_progress(&self) -> u64 {
        self.requests - self.ended()
    }

    /// Counts a response with this status to what was no valid request.
    pub fn count_protocol_error(&mut self, status: u16) {
        *self.protocol_errors.entry(status).or_default() += 1;
    }

    /// Counts that a limit was reached.
    pub fn count_limit(&mut self, limit: ServerLimit) {
        *self.limits_reached.entry(limit).or_default() += 1;
    }

    /// Counts a delayed response whose first write returned before the response was due, with a lateness of 0.
    pub fn record_early_response(&mut self) {
        self.early_responses += 1;
        self.lateness.record(Duration::ZERO);
    }
}

impl AddAssign<&Ledger> for Ledger {
    fn add_assign(&mut self, other: &Ledger) {
        self.requests += other.requests;
        self.completed += other.completed;
        self.aborted += other.aborted;
        self.ended_by_fault += other.ended_by_fault;
        self.ended_by_stop += other.ended_by_stop;
        self.timed_out += other.timed_out;
        self.peak_concurrency = self.peak_concurrency.max(other.peak_concurrency);
        self.connections += other.connections;
        self.connection_errors += other.connection_errors;
        self.accept_errors += other.accept_errors;
        self.early_responses += other.early_responses;
        for (&status, count) in &other.by_status {
            *self.by_status.entry(status).or_default() += count;
        }
        for (&status, count) in &other.protocol_errors {
            *self.protocol_errors.entry(status).or_default() += count;
        }
        for (&limit, count) in &other.limits_reached {
            *self.limits_reached.entry(limit).or_default() += count;
        }
        for (cause, count) in &other.by_cause {
            *self.by_cause.entry(cause.clone()).or_default() += count;
        }
        self.lateness += &other.lateness;
    }
}

/// One line with all counts.
impl Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.to_string();
        let counts = counts.lines().map(|line| line.split_whitespace());
        let counts = counts.map(|words| words.collect::<Vec<_>>().join(" "));
        write!(f, "Ledger {{ {} }}", counts.collect::<Vec<_>>().join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ledger of one delayed response with this status.
    fn ledger(status: u16, cause: &Cause, late: u64) -> Ledger {
        let mut ledger = Ledger::default();
        ledger.count_request(cause);
        ledger.count_response(status);
        ledger.lateness.record(Duration::from_micros(late));
        ledger.completed += 1;
        ledger
    }

    #[test]
    fn early_response_is_counted_with_a_lateness_of_0() {
        let mut ledger = Ledger::default();
        ledger.record_early_response();
        assert_eq!((ledger.early_responses, ledger.lateness.count()), (1, 1));
        assert_eq!(ledger.lateness.max(), Some(Duration::ZERO));
    }

    #[test]
    fn ledgers_add() {
        let mut sum = ledger(500, &Cause::Fault("500".into()), 40);
        sum += &ledger(200, &Cause::Delay, 40);
        assert_eq!(
            sum.to_string(),
            "requests   2 (2 completed, 0 aborted) over 0 connections\n\
             by status  200: 1, 500: 1\n\
             by cause   delay: 1, fault 500: 1\n\
             lateness   p50 0.040 ms, p99 0.040 ms (2 delayed responses, 0 early)"
        );
    }

    #[test]
    fn ends_that_are_rare_are_printed_only_if_there_are_any() {
        let mut ledger = Ledger::default();
        for end in [
            ResponseEnd::Completed,
            ResponseEnd::PeerLeft,
            ResponseEnd::Fault,
            ResponseEnd::ServerStopped,
            ResponseEnd::TimedOut,
        ] {
            ledger.count_request(&Cause::Clean);
            ledger.count_end(end);
        }
        let ends = "1 completed, 1 aborted, 1 ended by a fault, 1 ended by the stop, 1 timed out in writing";
        let line = format!("requests   5 ({ends}) over 0 connections\n");
        assert!(ledger.to_string().starts_with(&line), "{ledger}");
        assert_eq!(ledger.in_progress(), 0);
    }

    #[test]
    fn errors_are_printed_only_if_there_are_any() {
        let mut ledger = Ledger::default();
        for status in [400, 431, 400] {
            ledger.count_protocol_error(status);
        }
        (ledger.connection_errors, ledger.accept_errors) = (2, 5);
        let errors = "\nerrors     invalid requests 400: 2, 431: 1; connections broken off 2; failed accepts 5";
        assert!(ledger.to_string().ends_with(errors), "{ledger}");
        ledger.protocol_errors.clear();
        ledger.connection_errors = 0;
        assert!(
            ledger
                .to_string()
                .ends_with("\nerrors     failed accepts 5"),
            "{ledger}"
        );
    }

    #[test]
    fn debug_is_one_short_line() {
        let mut sum = Ledger::default();
        for late in 0..1000 {
            sum += &ledger(200, &Cause::Delay, late);
        }
        assert_eq!(
            format!("{sum:?}"),
            "Ledger { requests 1000 (1000 completed, 0 aborted) over 0 connections; by status 200: 1000; by cause delay: \
             1000; lateness p50 0.499 ms, p99 0.989 ms (1000 delayed responses, 0 early) }"
        );
        let stats = format!("{:?}", sum.lateness);
        assert_eq!(
            stats,
            "LatencyStats { count: 1000, min: 0ns, p50: 499µs, p99: 989µs, max: 999µs }"
        );
    }
}
