//! What a server did: counts that stay small however long it runs, and, if asked for, an entry per
//! request.
//!
//! Each worker keeps its own ledger; ledgers add.

mod delta;

use crate::rejection::Rejection;
use crate::{Fate, FateKey};
use hdrhistogram::Histogram;
use http::Method;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;
use std::sync::Arc;
use std::time::Duration;

/// Why an answer was what it was.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Cause {
    /// Nothing was done to it.
    Clean,
    /// It was delayed, and otherwise clean.
    Delay,
    /// A fault struck, delayed or not.
    Fault(Arc<str>),
    /// It was refused, because as many as may were in service and waiting.
    ConcurrencyLimit,
    /// It was refused, because too many had come.
    RateLimit,
}

impl Cause {
    /// The cause in a fate.
    pub fn of(fate: &Fate) -> Cause {
        match &fate.fault {
            Some(label) => Cause::Fault(label.clone()),
            None if fate.delay.is_zero() => Cause::Clean,
            None => Cause::Delay,
        }
    }
}

/// One request, from when its head had been parsed.
#[derive(Clone, Debug, Serialize)]
pub struct JournalEntry {
    /// How long after the server's start the head had been parsed, in microseconds.
    #[serde(rename = "at_us", serialize_with = "micros")]
    pub at: Duration,
    /// The run that the client named.
    pub run: Option<Arc<str>>,
    /// The request's method.
    #[serde(serialize_with = "method")]
    pub method: Method,
    /// What was asked for.
    pub resource: FateKey,
    /// The path, where it is that of no resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<Box<str>>,
    /// The number of the request for this key in its run, from 1; `None` if flagpole's own fields in its
    /// head could not be read.
    #[serde(rename = "n")]
    pub request_number: Option<u64>,
    /// The rule that decided: its name, or `rule[0]` and so on, or `listener`.
    pub rule: Arc<str>,
    /// Why the answer was what it was.
    pub cause: Cause,
    /// The fault that struck.
    pub fault: Option<Arc<str>>,
    /// The delay that was planned, in microseconds.
    #[serde(rename = "planned_us", serialize_with = "micros")]
    pub planned: Duration,
    /// How and where the answer was to end: `complete`, `cut at byte 700`.
    pub ending: Cow<'static, str>,
    /// How long after its due time the first write returned, in microseconds; `None` if nothing was
    /// delayed or nothing was written.
    #[serde(rename = "lateness_us", serialize_with = "option_micros")]
    pub lateness: Option<Duration>,
    /// The status; `None` if the peer left before the answer began.
    pub status: Option<u16>,
    /// Whether the answer was handed to the system to its last byte.
    pub completed: bool,
}

/// What happened, in sums.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// Requests whose head was parsed.
    pub requests: u64,
    /// Answers handed to the system to their last byte.
    pub completed: u64,
    /// Answers that were not, because the peer left or the server was stopped. What is in neither
    /// sum is under way.
    pub aborted: u64,
    /// Answers that were begun, by status.
    pub by_status: BTreeMap<u16, u64>,
    /// Requests, by what was decided about them.
    pub by_cause: BTreeMap<Cause, u64>,
    /// The largest number of requests in service at a time; 0 without a concurrency limit.
    pub peak_concurrency: u64,
    /// Connections accepted.
    pub connections: u64,
    /// Connections that ended in an error: of the peer's making, or no HTTP.
    pub connection_errors: u64,
    /// Times the system refused to hand over a connection, for want of descriptors for instance.
    pub accept_errors: u64,
    /// How late delayed answers were: from when they were due to when the first write had returned,
    /// in nanoseconds, to 3 significant digits.
    pub lateness: Histogram<u64>,
    /// Delayed answers whose first write returned before they were due: none, ever.
    pub early: u64,
    /// The first requests that were over, as many of each worker as were asked for.
    pub entries: Vec<JournalEntry>,
    /// How many entries were dropped for want of room.
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
    /// The lateness below which the share `p`, 0 to 1, of all delayed answers stayed.
    pub fn lateness_at(&self, p: f64) -> Duration {
        Duration::from_nanos(self.lateness.value_at_quantile(p))
    }

    /// Counts a request whose head was parsed.
    pub fn count_request(&mut self, cause: &Cause) {
        self.requests += 1;
        match self.by_cause.get_mut(cause) {
            Some(count) => *count += 1,
            None => *self.by_cause.entry(cause.clone()).or_default() += 1,
        }
    }

    /// Counts a response that was begun with this status.
    pub fn count_response(&mut self, status: u16) {
        *self.by_status.entry(status).or_default() += 1;
    }

    /// Counts a delayed response whose first write returned `late` after its due time; `Err` has how
    /// early it returned.
    ///
    /// # Panics
    /// Never: the histogram resizes itself.
    pub fn record_lateness(&mut self, late: Result<Duration, Duration>) {
        self.early += u64::from(late.is_err());
        let nanos = late.unwrap_or_default().as_nanos();
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

impl AddAssign<&Ledger> for Ledger {
    fn add_assign(&mut self, other: &Ledger) {
        self.requests += other.requests;
        self.completed += other.completed;
        self.aborted += other.aborted;
        self.peak_concurrency = self.peak_concurrency.max(other.peak_concurrency);
        self.connections += other.connections;
        self.connection_errors += other.connection_errors;
        self.accept_errors += other.accept_errors;
        self.early += other.early;
        self.entries_dropped += other.entries_dropped;
        for (&status, count) in &other.by_status {
            *self.by_status.entry(status).or_default() += count;
        }
        for (cause, count) in &other.by_cause {
            *self.by_cause.entry(cause.clone()).or_default() += count;
        }
        self.lateness
            .add(&other.lateness)
            .expect("a histogram that resizes itself takes any other");
        self.entries.extend(other.entries.iter().cloned());
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Clean => f.write_str("clean"),
            Cause::Delay => f.write_str("delay"),
            Cause::Fault(label) => write!(f, "fault {label}"),
            Cause::ConcurrencyLimit => f.write_str(Rejection::ConcurrencyLimit.label()),
            Cause::RateLimit => f.write_str(Rejection::RateLimit.label()),
        }
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The ledger as a person reads it: a line for each sum.
impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |pairs: Vec<String>| {
            if pairs.is_empty() {
                "-".to_owned()
            } else {
                pairs.join(", ")
            }
        };
        let status = self
            .by_status
            .iter()
            .map(|(status, count)| format!("{status}: {count}"));
        let cause = self
            .by_cause
            .iter()
            .map(|(cause, count)| format!("{cause}: {count}"));
        writeln!(
            f,
            "requests   {} ({} completed, {} aborted) over {} connections",
            self.requests, self.completed, self.aborted, self.connections
        )?;
        writeln!(f, "by status  {}", listed(status.collect()))?;
        write!(f, "by cause   {}", listed(cause.collect()))?;
        if self.peak_concurrency > 0 {
            write!(
                f,
                "\npeak       {} concurrent requests",
                self.peak_concurrency
            )?;
        }
        if self.lateness.is_empty() {
            return Ok(());
        }
        let ms = |p| self.lateness_at(p).as_secs_f64() * 1e3;
        write!(
            f,
            "\nlateness   p50 {:.3} ms, p99 {:.3} ms ({} delayed responses, {} early)",
            ms(0.5),
            ms(0.99),
            self.lateness.len(),
            self.early
        )
    }
}

impl Serialize for Ledger {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("requests", &self.requests)?;
        map.serialize_entry("completed", &self.completed)?;
        map.serialize_entry("aborted", &self.aborted)?;
        map.serialize_entry("peak_concurrency", &self.peak_concurrency)?;
        map.serialize_entry("connections", &self.connections)?;
        map.serialize_entry("connection_errors", &self.connection_errors)?;
        map.serialize_entry("accept_errors", &self.accept_errors)?;
        map.serialize_entry("by_status", &self.by_status)?;
        let causes: BTreeMap<_, _> = self
            .by_cause
            .iter()
            .map(|(c, n)| (c.to_string(), n))
            .collect();
        map.serialize_entry("by_cause", &causes)?;
        let us = |p| self.lateness_at(p).as_nanos() as f64 / 1e3;
        map.serialize_entry("delayed", &self.lateness.len())?;
        map.serialize_entry("lateness_p50_us", &us(0.5))?;
        map.serialize_entry("lateness_p99_us", &us(0.99))?;
        map.serialize_entry("early", &self.early)?;
        map.end()
    }
}

/// Serialises a duration as microseconds with a fraction.
///
/// # Errors
/// Those of the serialiser.
pub fn micros<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_nanos() as f64 / 1e3)
}

fn method<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.as_str())
}

/// Serialises an optional duration as microseconds with a fraction.
///
/// # Errors
/// Those of the serialiser.
pub fn option_micros<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => micros(duration, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ledgers_add() {
        let mut one = Ledger::default();
        one.count_request(&Cause::Clean);
        one.count_response(200);
        one.finish_request(true, None, 0);
        let mut two = Ledger::default();
        two.count_request(&Cause::Fault("500".into()));
        two.count_response(500);
        two.record_lateness(Ok(Duration::from_micros(40)));
        two.finish_request(false, None, 0);
        two += &one;
        assert_eq!((two.requests, two.completed, two.aborted), (2, 1, 1));
        let shown = two.to_string();
        assert!(shown.contains("by status  200: 1, 500: 1\n"), "{shown}");
        assert!(
            shown.contains("by cause   clean: 1, fault 500: 1\n"),
            "{shown}"
        );
        assert!(shown.contains("p50 0.040 ms"), "{shown}");
    }

    #[test]
    fn an_early_answer_would_be_seen() {
        let mut ledger = Ledger::default();
        ledger.record_lateness(Err(Duration::from_nanos(1)));
        assert_eq!(ledger.early, 1);
    }
}
