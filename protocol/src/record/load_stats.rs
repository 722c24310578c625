//! Statistics of load: of a run, or of a part of it such as a second or an event loop.

use super::attempt_record::{AttemptKind, AttemptRecord};
use super::latency_stats::LatencyStats;
use super::outcome::{ConnectFailureCause, Outcome, OutcomeClass};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::time::Duration;

/// Statistics of requests. Their size does not depend on the number of requests, and statistics of parts add up to those of
/// the whole. A request has one attempt, or more if it is retried, hedged or redirected; attempts count apart.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct LoadStats {
    /// Requests by the label of their outcome.
    pub outcomes: BTreeMap<Cow<'static, str>, OutcomeTimes>,
    /// The parts of the response time of successful requests.
    pub parts: ResponseTimeParts,
    /// How late the client started attempts: see [`AttemptRecord::lateness`].
    pub lateness: LatencyStats,
    /// Attempts for which a request was sent, or a connection was tried.
    pub attempts: u64,
    /// Attempts made because the previous one failed.
    pub retries: u64,
    /// Attempts made because the previous one took long.
    pub hedges: u64,
    /// Attempts made because the previous one was redirected.
    pub redirects: u64,
    /// Attempts for which a connection was opened.
    pub connections: u64,
    /// Bytes of bodies that arrived, of all attempts.
    pub bytes: u64,
    /// The sum of the times from when an attempt had its slot until it ended: the integral over time of the number of attempts
    /// in flight, as the records have it (Little's law).
    pub attempt_time: Duration,
    /// Attempts by the status of their response.
    pub statuses: BTreeMap<u16, u64>,
    /// Attempts without a status whose request may have reached the server.
    pub without_status: u64,
    /// Attempts that found no free local port.
    pub out_of_ports: u64,
    /// Attempts that found no free file descriptor.
    pub out_of_descriptors: u64,
    /// When the first and the last of the attempts ended that received any byte of a response. Gaps between them show a
    /// server that does not answer.
    pub responses: Option<(Duration, Duration)>,
}

/// The times of the requests with one outcome.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct OutcomeTimes {
    /// What the outcome counts as.
    pub class: OutcomeClass,
    /// Whether the run ended before the requests did: their times are lower bounds.
    pub is_unfinished: bool,
    /// The reason for people. Of several reasons under one label the first in alphabetical order.
    pub reason: String,
    /// From when a request was due to its end. Of unfinished requests: until the run ended.
    pub response_time: LatencyStats,
    /// From when the last attempt was sent to its end. Requests that were not sent have none.
    pub service_time: LatencyStats,
}

/// The parts of a response time. The sums of the parts add up to the sum of the response times.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ResponseTimeParts {
    /// From when the request was due to the start of its last attempt: the wait for a connection, the client's lateness, and
    /// earlier attempts.
    pub wait: LatencyStats,
    /// From the start of the last attempt until it had an open connection. Only if a connection was opened.
    pub connect: LatencyStats,
    /// From when the request was sent to the first byte of the response.
    pub first_byte: LatencyStats,
    /// From the first byte to the last one, with the verification.
    pub body: LatencyStats,
}

impl LoadStats {
    /// Adds one attempt, and its request if the attempt ends it.
    pub fn record(&mut self, record: &AttemptRecord) {
        let is_sent = !matches!(record.outcome, Outcome::CircuitOpen | Outcome::Unsent);
        self.attempts += u64::from(is_sent);
        match record.kind {
            AttemptKind::First | AttemptKind::Metadata | AttemptKind::Duplicate => {}
            AttemptKind::Retry => self.retries += 1,
            AttemptKind::Hedge => self.hedges += 1,
            AttemptKind::Redirect => self.redirects += 1,
        }
        self.connections += u64::from(record.opened_connection());
        self.bytes += record.bytes;
        if is_sent {
            self.lateness.record(record.lateness);
            self.attempt_time += record.done.saturating_sub(record.started);
        }
        self.record_arrival(record);
        // Requests of a run that ended during an attempt end with that attempt.
        if record.is_final {
            self.record_request(record);
        }
    }

    /// The number of requests that ended, the unfinished ones included.
    pub fn requests(&self) -> u64 {
        self.outcomes.values().map(OutcomeTimes::count).sum()
    }

    /// The number of requests that succeeded.
    pub fn successes(&self) -> u64 {
        let times = self.outcomes.values();
        let successful = times.filter(|times| times.class == OutcomeClass::Ok);
        successful.map(OutcomeTimes::count).sum()
    }

    /// The number of requests that had not ended when the run ended.
    pub fn unfinished(&self) -> u64 {
        let times = self.outcomes.values();
        let unfinished = times.filter(|times| times.is_unfinished);
        unfinished.map(OutcomeTimes::count).sum()
    }

    /// The number of requests that neither succeeded nor were unfinished.
    pub fn failures(&self) -> u64 {
        self.requests() - self.successes() - self.unfinished()
    }

    /// The response times of successful requests, and of unfinished ones, which count as at least as long as they lasted.
    /// Without the unfinished requests, a server that stops answering would look fast.
    pub fn response_time(&self) -> LatencyStats {
        self.merged(|times| &times.response_time)
    }

    /// The service times of successful and of unfinished requests.
    pub fn service_time(&self) -> LatencyStats {
        self.merged(|times| &times.service_time)
    }

    /// The response times of requests that neither succeeded nor were unfinished.
    pub fn failed_response_time(&self) -> LatencyStats {
        let mut failed = LatencyStats::default();
        for times in self.outcomes.values() {
            if times.class != OutcomeClass::Ok && !times.is_unfinished {
                failed += &times.response_time;
            }
        }
        failed
    }

    fn merged(&self, select: fn(&OutcomeTimes) -> &LatencyStats) -> LatencyStats {
        let mut merged = LatencyStats::default();
        for times in self.outcomes.values() {
            if times.class == OutcomeClass::Ok || times.is_unfinished {
                merged += select(times);
            }
        }
        merged
    }

    /// What the server may have seen of an attempt.
    fn record_arrival(&mut self, record: &AttemptRecord) {
        match (record.status, &record.outcome) {
            (Some(status), _) => *self.statuses.entry(status).or_default() += 1,
            (None, Outcome::ConnectFailed { cause, .. }) => match cause {
                ConnectFailureCause::OutOfPorts => self.out_of_ports += 1,
                ConnectFailureCause::OutOfFileDescriptors => self.out_of_descriptors += 1,
                ConnectFailureCause::Other => {}
            },
            // An arrival that was still queued at the end of the run was sent when it ended.
            (None, outcome) if outcome.may_have_arrived() && record.sent < record.done => {
                self.without_status += 1;
            }
            (None, _) => {}
        }
        if record.first_byte.is_some() {
            self.add_responses((record.done, record.done));
        }
    }

    fn add_responses(&mut self, (first, last): (Duration, Duration)) {
        let (earliest, latest) = self.responses.unwrap_or((first, last));
        self.responses = Some((earliest.min(first), latest.max(last)));
    }

    fn record_request(&mut self, record: &AttemptRecord) {
        let class = record.outcome.class();
        let label = record.outcome.label();
        let response_time = record.done.saturating_sub(record.first_due);
        let times = match self.outcomes.get_mut(&label) {
            Some(times) => times,
            None => self.outcomes.entry(label).or_insert_with(|| {
                let outcome = &record.outcome;
                OutcomeTimes::new(class, outcome.is_unfinished(), outcome.to_string())
            }),
        };
        times.response_time.record(response_time);
        // A request that was not sent has none: a time of 0 would make the server look fast.
        if record.outcome != Outcome::Unsent {
            times.service_time.record(record.service_time());
        }
        if class == OutcomeClass::Ok {
            self.parts.record(record);
        } else {
            let reason = record.outcome.to_string();
            if reason < times.reason {
                times.reason = reason;
            }
        }
    }
}

impl OutcomeTimes {
    /// Those of no request.
    pub fn new(class: OutcomeClass, is_unfinished: bool, reason: String) -> OutcomeTimes {
        OutcomeTimes {
            class,
            is_unfinished,
            reason,
            response_time: LatencyStats::default(),
            service_time: LatencyStats::default(),
        }
    }

    /// The number of requests.
    pub fn count(&self) -> u64 {
        self.response_time.count()
    }
}

impl ResponseTimeParts {
    fn record(&mut self, record: &AttemptRecord) {
        let started = record.started;
        let first_byte = record.first_byte.unwrap_or(record.done);
        self.wait.record(started.saturating_sub(record.first_due));
        if record.opened_connection() {
            self.connect.record(record.sent.saturating_sub(started));
        }
        self.first_byte
            .record(first_byte.saturating_sub(record.sent));
        self.body.record(record.done.saturating_sub(first_byte));
    }
}

impl AddAssign<&LoadStats> for LoadStats {
    fn add_assign(&mut self, other: &LoadStats) {
        for (label, theirs) in &other.outcomes {
            match self.outcomes.get_mut(label) {
                Some(times) => *times += theirs,
                None => drop(self.outcomes.insert(label.clone(), theirs.clone())),
            }
        }
        self.parts += &other.parts;
        self.lateness += &other.lateness;
        self.attempts += other.attempts;
        self.retries += other.retries;
        self.hedges += other.hedges;
        self.redirects += other.redirects;
        self.connections += other.connections;
        self.bytes += other.bytes;
        self.attempt_time += other.attempt_time;
        for (status, count) in &other.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        self.without_status += other.without_status;
        self.out_of_ports += other.out_of_ports;
        self.out_of_descriptors += other.out_of_descriptors;
        if let Some(responses) = other.responses {
            self.add_responses(responses);
        }
    }
}

impl AddAssign<&OutcomeTimes> for OutcomeTimes {
    fn add_assign(&mut self, other: &OutcomeTimes) {
        self.response_time += &other.response_time;
        self.service_time += &other.service_time;
        if other.reason < self.reason {
            self.reason.clone_from(&other.reason);
        }
    }
}

impl AddAssign<&ResponseTimeParts> for ResponseTimeParts {
    fn add_assign(&mut self, other: &ResponseTimeParts) {
        self.wait += &other.wait;
        self.connect += &other.connect;
        self.first_byte += &other.first_byte;
        self.body += &other.body;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Resource;

    fn us(micros: u64) -> Duration {
        Duration::from_micros(micros)
    }

    /// Due at 0, started at 10, sent at 30, first byte at 100, done at 130 µs.
    fn record(outcome: Outcome) -> AttemptRecord {
        let mut record = AttemptRecord::new(Resource::Flag("BR".parse().unwrap()), outcome);
        (record.started, record.sent) = (us(10), us(30));
        (record.first_byte, record.done) = (Some(us(100)), us(130));
        record
    }

    fn stats(records: &[AttemptRecord]) -> LoadStats {
        let mut stats = LoadStats::default();
        for record in records {
            stats.record(record);
        }
        stats
    }

    #[test]
    fn parts_add_up_to_the_response_time() {
        let stats = stats(&[record(Outcome::Ok), record(Outcome::Http(500))]);
        let parts = &stats.parts;
        let sums = [&parts.wait, &parts.connect, &parts.first_byte, &parts.body];
        assert_eq!(
            sums.map(LatencyStats::sum),
            [us(10), us(20), us(70), us(30)]
        );
        assert_eq!(stats.outcomes["ok"].response_time.sum(), us(130));
    }

    #[test]
    fn unfinished_requests_count_among_successes_as_long_as_they_lasted() {
        let mut unfinished = record(Outcome::Cancelled);
        unfinished.done = us(5000);
        let stats = stats(&[record(Outcome::Ok), unfinished, record(Outcome::EmptyReply)]);
        assert_eq!(stats.response_time().max(), Some(us(5000)));
        assert_eq!(
            (stats.requests(), stats.successes(), stats.failures()),
            (3, 1, 1)
        );
    }

    #[test]
    fn requests_that_were_not_sent_have_a_response_time_and_no_service_time() {
        let mut unsent = record(Outcome::Unsent);
        (unsent.first_byte, unsent.started, unsent.sent) = (None, us(5000), us(5000));
        unsent.done = us(5000);
        let stats = stats(&[record(Outcome::Ok), unsent]);
        assert_eq!((stats.requests(), stats.unfinished()), (2, 1));
        assert_eq!(stats.response_time().max(), Some(us(5000)));
        assert_eq!(stats.service_time().count(), 1);
    }

    #[test]
    fn request_with_a_retry_is_one_request_from_its_first_due_time() {
        let mut failed = record(Outcome::Http(503));
        failed.is_final = false;
        let mut retry = record(Outcome::Ok);
        (retry.kind, retry.attempt) = (AttemptKind::Retry, 2);
        (retry.due, retry.started, retry.sent) = (us(500), us(500), us(500));
        (retry.first_byte, retry.done) = (Some(us(600)), us(600));
        let stats = stats(&[failed, retry]);
        assert_eq!((stats.requests(), stats.attempts, stats.retries), (1, 2, 1));
        assert_eq!(stats.response_time().max(), Some(us(600)));
        assert_eq!(stats.parts.wait.sum(), us(500));
    }

    #[test]
    fn attempts_count_by_what_the_server_may_have_seen() {
        let mut answered = record(Outcome::Http(503));
        answered.status = Some(503);
        let mut reset = record(Outcome::ConnectionReset);
        reset.first_byte = None;
        let mut queued = record(Outcome::Cancelled);
        (queued.first_byte, queued.started, queued.sent) = (None, us(130), us(130));
        let no_port = Outcome::ConnectFailed {
            cause: ConnectFailureCause::OutOfPorts,
            message: String::new(),
        };
        let mut no_port = record(no_port);
        no_port.first_byte = None;
        let stats = stats(&[answered, reset, queued, no_port]);
        assert_eq!(stats.statuses, BTreeMap::from([(503, 1)]));
        assert_eq!((stats.without_status, stats.out_of_ports), (1, 1));
        assert_eq!(stats.attempt_time, us(360));
        assert_eq!(stats.responses, Some((us(130), us(130))));
    }

    #[test]
    fn statistics_of_parts_add_up_to_those_of_the_whole() {
        let records = [Outcome::Ok, Outcome::Http(500), Outcome::Cancelled].map(record);
        let mut sum = stats(&records[..1]);
        sum += &stats(&records[1..]);
        assert_eq!(sum, stats(&records));
    }
}
